function datebar(places,limits)
%DATEBAR - colour bar with dates, for the colours of datecolours
%
%   limits are the first and last day (datenum). With one day or none no bar is drawn. The axes
%   are narrowed, so that the dates fit into a printed figure.
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
