function [x,y]=zeroline(x,y,elements,values)
%ZEROLINE - zero line of values on the vertices of triangles, ready to plot
%
%   Each triangle with both signs (0 counts as positive) has one segment. NaN separates the
%   segments.
%
%   Usage:
%      [x,y]=calfinlib.zeroline(md.mesh.x,md.mesh.y,md.mesh.elements,md.mask.ice_levelset);
%      plot(x,y,'k');

	inside=values(:)<0;
	signs=inside(elements);
	signs=reshape(signs,size(elements));
	mixed=any(signs,2) & ~all(signs,2);
	elements=elements(mixed,:);
	signs=signs(mixed,:);
	count=size(elements,1);
	%the zero line crosses the two edges at the corner whose sign differs from the other two
	alone=(signs==(sum(signs,2)==1));
	[~,corner]=max(alone,[],2);
	rows=(1:count)';
	apex=elements(sub2ind(size(elements),rows,corner));
	one=elements(sub2ind(size(elements),rows,mod(corner,3)+1));
	other=elements(sub2ind(size(elements),rows,mod(corner+1,3)+1));
	[x1,y1]=crossing(x(:),y(:),values(:),apex,one);
	[x2,y2]=crossing(x(:),y(:),values(:),apex,other);
	x=reshape([x1 x2 NaN(count,1)]',[],1);
	y=reshape([y1 y2 NaN(count,1)]',[],1);
end

function [x,y]=crossing(x,y,values,from,to) % {{{
	%interpolate to the zero between two vertices
	share=values(from)./(values(from)-values(to));
	x=x(from)+share.*(x(to)-x(from));
	y=y(from)+share.*(y(to)-y(from));
end % }}}
