function crs=meshcrs(mesh)
%MESHCRS - EPSG:n of a mesh, empty if it names none
%
%   Usage:
%      crs=calfinlib.meshcrs(md.mesh);

	crs='';
	try
		if isscalar(mesh.epsg) && mesh.epsg>0
			crs=sprintf('EPSG:%i',mesh.epsg);
		end
	catch
		%the mesh lacks the field
	end
end
