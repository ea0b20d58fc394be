function [request,arrays]=buildrequest(cf)
%BUILDREQUEST - build a request (bridge/README.md) from the settings of a calfin
%
%   arrays holds the coordinates if the domain is given as contours or a mesh. They are written
%   to a separate file.
%
%   Usage:
%      [request,arrays]=calfinlib.buildrequest(cf);

	request=struct('contract',1,'client',['calfin.m in ' calfinlib.portable('program')]);
	request.task='run';
	given=struct();
	extra=calfinlib.charvalue(cf.settings);
	fromfile=ischar(extra) && ~isempty(extra);
	if fromfile
		request.settings_file=extra;
	elseif isstruct(extra)
		given=extra;
	end
	scenes=calfinlib.cellofchars(cf.scenes);
	if isempty(scenes) && ~isfield(given,'scenes') && ~fromfile
		[request.task,scenes]=withoutscenes();
	end
	if ~isempty(scenes)
		given.scenes=scenes;
	end
	%settings override properties that still have their default
	defaults=calfin();
	given.output=calfinlib.outputfolder(cf);
	names={'fjord','crs','network','mode','jobs'};
	for i=1:numel(names)
		value=calfinlib.charvalue(cf.(names{i}));
		untouched=isequal(value,defaults.(names{i}));
		if ~isempty(value) && ~(untouched && (fromfile || isfield(given,names{i})))
			given.(names{i})=value;
		end
	end
	dates=calfinlib.cellofchars(cf.date);
	if numel(dates)==1
		given.date=dates{1};
	elseif ~isempty(dates)
		given.date=dates;
	end
	[given,request.domain,arrays]=adddomain(given,cf.domain);
	request.settings=given;
end

function [task,scenes]=withoutscenes() % {{{
	%choose the folder ./scenes, else the demo, and say so
	if exist(fullfile(pwd(),'scenes'),'dir')==7
		task='run';
		scenes={fullfile('.','scenes')};
		fprintf('\n   calfin: NO SCENES WERE SET: taking those in the folder ./scenes\n\n');
	else
		task='demo';
		scenes={};
		fprintf(['\n   calfin: NO SCENES WERE SET and there is no folder ./scenes:\n' ...
			'   running the DEMO on SYNTHETIC scenes. Set cf.scenes for real ones.\n\n']);
	end
end % }}}
function [given,domain,arrays]=adddomain(given,value) % {{{
	%add the domain: a file as a setting, contours and meshes as arrays
	domain=[];
	arrays=struct();
	value=calfinlib.charvalue(value);
	if isempty(value)
		return
	elseif ischar(value)
		given.domain=value;
	elseif isstruct(value) && all(isfield(value,{'x','y'}))
		names=cell(1,numel(value));
		for i=1:numel(value)
			names{i}=contourname(value(i));
			requirepoints(value(i),names{i},i);
			arrays.count(1,i)=numel(value(i).x);
		end
		arrays.x=columns({value.x});
		arrays.y=columns({value.y});
		domain=struct('kind','contours','names',{names});
	else
		mesh=value.mesh;
		[arrays.x,arrays.y,arrays.elements]=calfinlib.horizontal(mesh,'calfin:domain');
		domain=struct('kind','mesh','name',modelname(value),'crs',calfinlib.meshcrs(mesh));
	end
end % }}}
function name=contourname(contour) % {{{
	%name of a contour, '' if it has none
	name='';
	if isfield(contour,'name') && ischar(calfinlib.charvalue(contour.name))
		name=calfinlib.charvalue(contour.name);
	end
end % }}}
function requirepoints(contour,name,number) % {{{
	%refuse a contour whose x and y are not numbers of equal count
	if ~(isnumeric(contour.x) && isnumeric(contour.y) && numel(contour.x)==numel(contour.y))
		error('calfin:domain',['domain: contour %i (%s) has %i x (%s) and %i y (%s); expected numbers,' ...
			' one y for every x'],number,name,numel(contour.x),class(contour.x),numel(contour.y),class(contour.y));
	end
end % }}}
function all=columns(parts) % {{{
	%join vectors into one column
	for i=1:numel(parts)
		parts{i}=double(parts{i}(:));
	end
	all=vertcat(parts{:});
end % }}}
function name=modelname(md) % {{{
	%name of the model, 'mesh' if it has none
	name='mesh';
	try
		if ischar(md.miscellaneous.name) && ~isempty(md.miscellaneous.name)
			name=md.miscellaneous.name;
		end
	catch
		%the model has no such field
	end
end % }}}
