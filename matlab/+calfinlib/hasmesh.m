function answer=hasmesh(value)
%HASMESH - true if a value is a model: a struct or an object with a mesh
%
%   Usage:
%      answer=calfinlib.hasmesh(md);

	try
		mesh=value.mesh;
		answer=numel(mesh.x)>0 && numel(mesh.y)>0;
	catch
		answer=false;
	end
end
