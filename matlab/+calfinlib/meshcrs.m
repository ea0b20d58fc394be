function crs=meshcrs(mesh)
%MESHCRS - EPSG:n of a mesh that knows it, else empty
%
%   Usage:
%      crs=calfinlib.meshcrs(md.mesh);

	crs='';
	try
		if isscalar(mesh.epsg) && mesh.epsg>0
			crs=sprintf('EPSG:%i',mesh.epsg);
		end
	catch
		%not every mesh has the field
	end
end
