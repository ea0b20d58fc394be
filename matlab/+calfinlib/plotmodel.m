function handles=plotmodel(md,levelset,fronts)
%PLOTMODEL - level set of a model with its zero line and the observed fronts, over the mesh
%
%   levelset is that of calfin: nv x 1, or (nv+1) x nt with times. A series is drawn at the start
%   of the model, or at its first time. If levelset does not fit the mesh, md.mask.ice_levelset is
%   drawn. Fronts in another coordinate reference system than the mesh are left out, with a
%   warning. Returns the handles of the fronts, followed by that of the zero line.
%
%   Usage:
%      handles=calfinlib.plotmodel(md,cf.levelset,cf.fronts);

	if ~calfinlib.hasmesh(md)
		error('calfin:mesh','plot takes a model with a mesh (md.mesh.x, md.mesh.y), found a %s',class(md));
	end
	[x,y,elements]=calfinlib.horizontal(md.mesh,'calfin:mesh');
	[values,label]=chosen(md,levelset);
	values=values(1:numel(x));
	kilometre=1000;
	x=x/kilometre;
	y=y/kilometre;
	place=gca();
	hold(place,'on');
	drawfield(place,x,y,elements,values);
	fronts=placed(fronts,calfinlib.meshcrs(md.mesh));
	%draw the wide edge below the fronts, so that both are visible where they coincide
	[zerox,zeroy]=calfinlib.zeroline(x,y,elements,values);
	edge=plot(place,zerox,zeroy,'-','color',[0.75 0.05 0.1],'linewidth',5);
	[colours,limits]=calfinlib.datecolours({fronts.date});
	handles=zeros(1,numel(fronts));
	for i=1:numel(fronts)
		handles(i)=plot(place,fronts(i).x(:)/kilometre,fronts(i).y(:)/kilometre,'-', ...
			'color',colours(i,:),'linewidth',2.5);
	end
	handles(end+1)=edge;
	finish(place,x,y,titletext(md,fronts,label));
	calfinlib.datebar(place,limits);
end

function [values,label]=chosen(md,levelset) % {{{
	%choose the values of the vertices, and a label for them
	count=numel(md.mesh.x);
	if size(levelset,1)==count
		values=levelset(:,1);
		label='edge of the ice';
	elseif size(levelset,1)==count+1
		[values,time]=atstart(md,levelset);
		label=sprintf('edge of the ice at %.2f',time);
	else
		try
			values=md.mask.ice_levelset(:);
		catch
			values=[];
		end
		label='edge of the ice in md.mask';
	end
	if numel(values)~=count || ~all(isfinite(values))
		error('calfin:levelset',['there is no level set for this mesh of %i vertices; cf.initialize(md) or' ...
			' cf.makelevelset(md) makes one'],count);
	end
end % }}}
function [values,time]=atstart(md,levelset) % {{{
	%interpolate a series to the start of the model
	times=levelset(end,:);
	time=times(1);
	try
		start=md.timestepping.start_time;
		if start>=times(1) && start<=times(end)
			time=start;
		end
	catch
		%the model has no time steps
	end
	values=interp1(times(:),levelset(1:end-1,:)',time)';
end % }}}
function drawfield(place,x,y,elements,values) % {{{
	%draw ice in grey and ocean in blue, darker with distance from the front
	steps=8;
	mean3=mean(reshape(values(elements),size(elements)),2);
	most=max(abs(mean3));
	shade=min(steps,1+floor(steps*abs(mean3)/most));
	share=linspace(0,1,steps)';
	ocean=[0.83-0.42*share 0.91-0.26*share 0.97-0.13*share];
	ice=[0.985-0.13*share 0.985-0.12*share 0.99-0.10*share];
	for k=1:steps
		drawtriangles(place,x,y,elements(shade==k & mean3>=0,:),ocean(k,:));
		drawtriangles(place,x,y,elements(shade==k & mean3<0,:),ice(k,:));
	end
end % }}}
function drawtriangles(place,x,y,elements,colour) % {{{
	%draw triangles in one colour, with edges unless the mesh is too fine
	if isempty(elements)
		return
	end
	most=20000;
	edges=0.91*colour;
	if size(elements,1)>most
		edges='none';
	end
	patch('parent',place,'faces',elements,'vertices',[x y],'facecolor',colour,'edgecolor',edges, ...
		'linewidth',0.25,'handlevisibility','off');
end % }}}
function kept=placed(fronts,crs) % {{{
	%keep the fronts in the mesh's coordinate reference system
	kept=fronts;
	if isempty(fronts)
		kept=struct('x',{},'y',{},'date',{},'crs',{},'domain',{},'synthetic',{});
		return
	end
	if isempty(crs)
		crs=fronts(1).crs;
	end
	same=strcmp({fronts.crs},crs);
	if ~all(same)
		warning('calfin:plot','%i of %i fronts are not in %s, as the mesh is; they are not drawn', ...
			sum(~same),numel(fronts),crs);
	end
	kept=fronts(same);
end % }}}
function text=titletext(md,fronts,label) % {{{
	%title with domains, coordinate reference system and meaning of the red line
	names={};
	if ~isempty(fronts)
		names=unique({fronts.domain});
	end
	if any([fronts.synthetic])
		names{end+1}='SYNTHETIC';
	end
	crs=calfinlib.meshcrs(md.mesh);
	if ~isempty(crs)
		names{end+1}=crs;
	end
	text=[strjoin(names,', ') ' (red: ' label ')'];
end % }}}
function finish(place,x,y,text) % {{{
	%set equal scales and labels, and fit the axes to the mesh
	room=0.02*max(max(x)-min(x),max(y)-min(y));
	axis(place,'equal');
	axis(place,[min(x)-room max(x)+room min(y)-room max(y)+room]);
	box(place,'on');
	set(place,'fontsize',11,'layer','top');
	xlabel(place,'x (km)');
	ylabel(place,'y (km)');
	title(place,text,'interpreter','none','fontsize',10,'fontweight','normal');
end % }}}
