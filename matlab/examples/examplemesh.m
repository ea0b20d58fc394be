function md=examplemesh(contours,epsg,step)
%EXAMPLEMESH - a mesh around fronts, to try the examples without an ISSM model
%
%   md is a struct with the fields of a model that calfin uses, such as md.mesh and
%   md.timestepping. The mesh extends 4 km beyond the fronts. step is the distance between
%   vertices in metres.
%
%   Usage:
%      md=examplemesh(cf.contours(),3413,400);

	room=4000;
	x=vertcat(contours.x);
	y=vertcat(contours.y);
	[x,y]=meshgrid(min(x)-room:step:max(x)+room,min(y)-room:step:max(y)+room);
	%shift every other row by half a step: the triangles become nearly equilateral
	x(2:2:end,:)=x(2:2:end,:)+step/2;
	md.mesh.x=x(:);
	md.mesh.y=y(:);
	md.mesh.elements=delaunay(x(:),y(:));
	md.mesh.numberofvertices=numel(x);
	md.mesh.epsg=epsg;
	md.timestepping.start_time=0;
	md.miscellaneous.name='example';
end
