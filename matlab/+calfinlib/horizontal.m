function [x,y,elements]=horizontal(mesh,identifier)
%HORIZONTAL - the triangles of a mesh, of an extruded one those of its base
%
%   The vertices of the base are the first of an extruded mesh. identifier is that of the
%   error if there are no triangles.
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
		%a two-dimensional mesh has no such fields
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
