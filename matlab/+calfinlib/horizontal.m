function [x,y,elements]=horizontal(mesh,identifier)
%HORIZONTAL - triangles of a mesh, for an extruded mesh those of its base
%
%   In an extruded mesh the vertices of the base come first. identifier is used in the error if
%   there are no triangles.
%
%   Usage:
%      [x,y,elements]=calfinlib.horizontal(md.mesh,'calfin:mesh');

	try
		x=mesh.x;
		y=mesh.y;
		elements=mesh.elements;
	catch
		error(identifier,'the mesh of the model has no elements; make a mesh first (triangle, bamg)');
	end
	flat=false;
	try
		if numel(mesh.elements2d)>1
			x=mesh.x2d;
			y=mesh.y2d;
			elements=mesh.elements2d;
			flat=true;
		end
	catch
		%a two-dimensional mesh lacks these fields
	end
	prism=6;
	if ~flat && size(elements,2)==prism
		elements=elements(~any(ismember(elements(:,1:3),elements(:,4:6)),2),1:3);
	end
	if size(elements,2)~=3 || ~all(isfinite(double(elements(:))))
		error(identifier,'md.mesh.elements has %i columns, or is not finite; expected triangles',size(elements,2));
	end
	x=double(x(:));
	y=double(y(:));
	elements=double(elements);
end
