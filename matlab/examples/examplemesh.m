function md=examplemesh(contours,epsg,step)
%EXAMPLEMESH - a mesh around fronts, for trying the examples without a model of ISSM
%
%   md is a struct with the fields of a model that calfin looks at: md.mesh and
%   md.timestepping. Ice and ocean reach 4 km beyond the fronts. step is the distance of the
%   vertices in metres.
%
%   Usage:
%      md=examplemesh(cf.contours(),3413,400);

	room=4000;
	x=vertcat(contours.x);
	y=vertcat(contours.y);
	[x,y]=meshgrid(min(x)-room:step:max(x)+room,min(y)-room:step:max(y)+room);
	%rows shifted by half a step make triangles of nearly equal sides
	x(2:2:end,:)=x(2:2:end,:)+step/2;
	md.mesh.x=x(:);
	md.mesh.y=y(:);
	md.mesh.elements=delaunay(x(:),y(:));
	md.mesh.numberofvertices=numel(x);
	md.mesh.epsg=epsg;
	md.timestepping.start_time=0;
	md.miscellaneous.name='example';
end
