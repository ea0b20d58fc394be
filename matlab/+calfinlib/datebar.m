function datebar(places,limits)
%DATEBAR - colour bar with dates, for lines with the colours of datecolours
%
%   limits are the first and last day (datenum); with one day, or none, there is no bar. The
%   axes give way to the left, so that the dates have room in a printed figure as well.
%
%   Usage:
%      calfinlib.datebar(gca(),limits);
%      calfinlib.datebar(axes_of_all_panels,limits);

	if ~(limits(2)>limits(1))
		return
	end
	room=0.82;
	for i=1:numel(places)
		position=get(places(i),'position');
		set(places(i),'position',[position(1)*room position(2) position(3)*room position(4)]);
	end
	[~,~,shades]=calfinlib.datecolours({});
	last=places(end);
	colormap(last,shades);
	caxis(last,limits); %#ok<CAXIS>
	kept=get(last,'position');
	bar=colorbar('peer',last);
	set(last,'position',kept);
	set(bar,'position',[0.84 0.2 0.022 0.6]);
	ticks=linspace(limits(1),limits(2),4);
	labels=cellstr(datestr(ticks,'yyyy-mm-dd')); %#ok<DATST>
	calfinlib.portable('dateticks',bar,ticks,labels);
end
