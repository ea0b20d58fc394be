function datebar(place,limits)
%DATEBAR - colour bar with dates, for lines with the colours of datecolours
%
%   limits are the first and last day (datenum); with one day, or none, there is no bar.
%
%   Usage:
%      calfinlib.datebar(gca(),limits);

	if ~(limits(2)>limits(1))
		return
	end
	[~,~,shades]=calfinlib.datecolours({});
	colormap(place,shades);
	caxis(place,limits); %#ok<CAXIS>
	bar=colorbar('peer',place);
	ticks=linspace(limits(1),limits(2),4);
	labels=cellstr(datestr(ticks,'yyyy-mm-dd')); %#ok<DATST>
	calfinlib.onlymatlab('dateticks',bar,ticks,labels);
end
