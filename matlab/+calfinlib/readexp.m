function contours=readexp(filename)
%READEXP - read the contours of an .exp file
%
%   Reads files written by pycalfin or ISSM (expwrite, exptool). ISSM need not be on the path.
%   Tabs, blank lines, Windows line ends and names with white space are accepted.
%
%   The result is a 1xN struct array with ISSM's fields:
%      name      text ('' if the contour has none)
%      nods      number of points
%      density   value after the number of points
%      x, y      nods x 1, in the coordinates of the mesh
%      closed    1 if the last point repeats the first, else 0
%
%   Contours of calving fronts are open and have the ocean on their left.
%
%   Usage:
%      contours=calfinlib.readexp(filename);
%
%   Example:
%      contours=calfinlib.readexp('issm/Helheim.exp');
%      plot(contours(1).x,contours(1).y);

	contours=struct('name',{},'nods',{},'density',{},'x',{},'y',{},'closed',{});
	lines=textlines(filename);
	name='';
	i=1;
	while i<=numel(lines)
		line=strtrim(lines{i});
		if isempty(line) || line(1)=='#'
			label=regexp(line,'^#+\s*Name:\s*(.*)$','tokens','once','ignorecase');
			if ~isempty(label)
				name=label{1};
			end
			i=i+1;
		else
			[count,density]=readcount(line,filename,i);
			[points,i]=readpoints(lines,i+1,count,filename);
			contours(1,end+1)=makecontour(name,density,points); %#ok<AGROW>
			name='';
		end
	end
end

function lines=textlines(filename) % {{{
	%read the lines of the file into a cell array
	fid=fopen(filename,'r','n','UTF-8');
	if fid==-1
		error('calfinlib:readexp','%s: cannot open the file; check the path',filename);
	end
	text=fread(fid,[1 Inf],'*char');
	fclose(fid);
	lines=regexp(text,'\r\n|\r|\n','split');
end % }}}
function [count,density]=readcount(line,filename,number) % {{{
	%read number of points and density
	values=sscanf(line,'%f');
	if numel(values)<2 || values(1)<1 || values(1)~=fix(values(1))
		malformed(filename,number,'a number of points and a density were expected');
	end
	count=values(1);
	density=values(2);
end % }}}
function [points,next]=readpoints(lines,first,count,filename) % {{{
	%read 2 x count coordinates; next is the line after the last of them
	while first<=numel(lines) && ~isempty(regexp(lines{first},'^\s*(#|$)','once'))
		first=first+1;
	end
	next=first+count;
	if next-1<=numel(lines)
		%convert all points at once; unusual lines are read one by one below
		points=sscanf(sprintf('%s\n',lines{first:next-1}),'%f');
		if numel(points)==2*count && all(isfinite(points))
			points=reshape(points,2,count);
			return
		end
	end
	points=zeros(2,count);
	found=0;
	next=first;
	while found<count
		if next>numel(lines)
			malformed(filename,numel(lines),sprintf('%i more points were expected',count-found));
		end
		line=strtrim(strrep(lines{next},',',' '));
		next=next+1;
		if ~isempty(line)
			values=sscanf(line,'%f');
			if numel(values)<2 || ~all(isfinite(values(1:2)))
				malformed(filename,next-1,['two numbers were expected, found ' line]);
			end
			found=found+1;
			points(:,found)=values(1:2);
		end
	end
end % }}}
function contour=makecontour(name,density,points) % {{{
	%make ISSM's struct of a contour
	x=points(1,:)';
	y=points(2,:)';
	contour=struct('name',name,'nods',numel(x),'density',density,'x',x,'y',y,'closed',0);
	if numel(x)>1 && x(1)==x(end) && y(1)==y(end)
		contour.closed=1;
	end
end % }}}
function malformed(filename,number,what) % {{{
	%stop with a message that names file and line
	error('calfinlib:readexp','%s, line %i: malformed contour file: %s; mend the file',filename,number,what);
end % }}}
