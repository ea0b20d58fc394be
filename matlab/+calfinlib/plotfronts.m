function handles=plotfronts(fronts)
%PLOTFRONTS - map of fronts coloured by date, with a panel for each domain
%
%   Coordinates are shown in kilometres, or in pixels for images without a georeference. Returns
%   a handle for each front.
%
%   Usage:
%      handles=calfinlib.plotfronts(cf.fronts);

	most=12;
	fronts=drawable(fronts);
	labels=cell(1,numel(fronts));
	for i=1:numel(fronts)
		labels{i}=strtrim([fronts(i).domain ' ' fronts(i).crs]);
	end
	[panels,~,panel]=unique(labels);
	if numel(panels)>most
		warning('calfin:plot','%i domains; showing the first %i, select from cf.fronts to plot others', ...
			numel(panels),most);
	end
	[colours,limits]=calfinlib.datecolours({fronts.date});
	handles=zeros(1,numel(fronts));
	shown=min(numel(panels),most);
	across=ceil(sqrt(shown));
	down=ceil(shown/across);
	places=zeros(1,shown);
	for k=1:shown
		if shown>1
			place=subplot(down,across,k);
		else
			place=gca();
		end
		places(k)=place;
		hold(place,'on');
		for i=find(panel(:)'==k)
			handles(i)=drawfront(place,fronts(i),colours(i,:));
		end
		finish(place,fronts(panel(:)'==k),across);
	end
	calfinlib.datebar(places,limits);
	handles=handles(handles~=0);
end

function kept=drawable(fronts) % {{{
	%keep fronts with at least two points; make columns of x and y
	good=false(1,numel(fronts));
	for i=1:numel(fronts)
		fronts(i).x=fronts(i).x(:);
		fronts(i).y=fronts(i).y(:);
		known=isfinite(fronts(i).x) & isfinite(fronts(i).y);
		good(i)=sum(known)>1 && any(range(fronts(i).x(known))+range(fronts(i).y(known))>0);
	end
	kept=fronts(good);
	if isempty(kept)
		error('calfin:nofront','no front has two different points; there is nothing to plot');
	end
end % }}}
function extent=range(values) % {{{
	extent=max(values)-min(values);
end % }}}
function handle=drawfront(place,front,colour) % {{{
	%draw one line, in kilometres if the front has a georeference
	if isempty(front.crs)
		handle=plot(place,front.x,front.y,'-','color',colour,'linewidth',1.5);
	else
		handle=plot(place,front.x/1000,front.y/1000,'-','color',colour,'linewidth',1.5);
	end
end % }}}
function finish(place,fronts,across) % {{{
	%set title, labels and equal scales, with a margin around the fronts; panels side by side get
	%fewer ticks
	front=fronts(1);
	scale=1000;
	if isempty(front.crs)
		scale=1;
	end
	x=vertcat(fronts.x)/scale;
	y=vertcat(fronts.y)/scale;
	room=0.06*max([max(x)-min(x),max(y)-min(y)]);
	axis(place,'equal');
	axis(place,[min(x)-room max(x)+room min(y)-room max(y)+room]);
	thin(place,'xtick',max(2,6-2*(across-1)));
	thin(place,'ytick',5);
	box(place,'on');
	set(place,'fontsize',9);
	if isempty(front.crs)
		set(place,'ydir','reverse');
		xlabel(place,'column (pixels)');
		ylabel(place,'row (pixels)');
	else
		xlabel(place,'x (km)');
		ylabel(place,'y (km)');
	end
	name=front.domain;
	if front.synthetic
		name=[name ' (SYNTHETIC)'];
	end
	if ~isempty(front.crs) && across>1
		xlabel(place,sprintf('x (km), %s',front.crs));
	elseif ~isempty(front.crs)
		name=sprintf('%s, %s',name,front.crs);
	end
	title(place,name,'interpreter','none','fontsize',10);
end % }}}
function thin(place,name,most) % {{{
	%reduce ticks so that their labels do not touch
	ticks=get(place,name);
	step=ceil(numel(ticks)/most);
	set(place,name,ticks(1:step:end));
end % }}}
