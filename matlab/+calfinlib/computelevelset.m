function [details,found]=computelevelset(cf,md,options,filling)
%COMPUTELEVELSET - let Python compute level sets of fronts on the mesh of a model
%
%   options are those of calfin.initialize or calfin.makelevelset. If filling is true, the masks,
%   the bed and the start time of the model are passed to Python.
%
%   bridge/README.md describes details: crs, date, start, dates, fronts, series, ... found holds
%   levelset (nv x 1), time (1 x nt) and, for a series, spclevelset.
%
%   Usage:
%      [details,found]=calfinlib.computelevelset(cf,md,options,filling);

	if ~calfinlib.hasmesh(md)
		error('calfin:mesh','a level set needs a model with a mesh (md.mesh.x, md.mesh.y); found a %s', ...
			class(md));
	end
	where=calfinlib.frontselection(cf);
	[wanted,arrays]=translated(options);
	if any([cf.fronts.synthetic]) && ~(isfield(options,'allowsynthetic') && options.allowsynthetic)
		error('calfin:synthetic',['%i of %i fronts come from synthetic scenes: they are no observations; to test' ...
			' the workflow with them, give ''allowsynthetic'',true'], ...
			sum([cf.fronts.synthetic]),numel(cf.fronts));
	end
	arrays=addmesh(arrays,md.mesh);
	if filling
		arrays=addmasks(arrays,md);
	end
	crs=calfinlib.meshcrs(md.mesh);
	if isempty(crs)
		crs=calfinlib.charvalue(cf.crs);
	end
	request=struct('contract',1,'client',['calfin.m in ' calfinlib.portable('program')],'task','levelset');
	request.fronts=where;
	request.mesh=struct('crs',crs);
	wanted.mask=filling;
	request.options=wanted;
	[answer,found]=calfinlib.callpython(calfinlib.charvalue(cf.python),request,arrays);
	if ~isempty(answer.error)
		error(['calfin:' answer.error],'%s',answer.message);
	end
	details=answer.details;
	for i=1:numel(answer.remarks)
		cf.log=[cf.log answer.remarks(i).message sprintf('\n')];
	end
end

function [wanted,arrays]=translated(options) % {{{
	%convert options to Python's names; numeric times become arrays, which keep all digits
	theirs=struct('date','date','times','times','maxgap','max_gap','transient','transient', ...
		'withinocean','within_ocean','replacemask','replacemask','allowsynthetic','allow_synthetic');
	wanted=struct();
	arrays=struct();
	names=fieldnames(options);
	for i=1:numel(names)
		value=options.(names{i});
		if strcmp(names{i},'times') && isnumeric(value)
			arrays.times=double(value(:)');
		elseif strcmp(names{i},'times') && iscell(value)
			wanted.times=strjoin(calfinlib.cellofchars(value),',');
		elseif any(strcmp(names{i},{'date','times'})) && ~ischar(value)
			error('calfin:option','%s is a %s; expected text YYYY-MM-DD',names{i},class(value));
		elseif ~any(strcmp(names{i},{'date','times'})) && ~isempty(value) && ...
				~(isscalar(value) && (isnumeric(value) || islogical(value)) && ~isnan(value))
			%refuse text, which would count as true
			error('calfin:option','%s is a %s of %i; expected one number, true or false',names{i}, ...
				class(value),numel(value));
		else
			wanted.(theirs.(names{i}))=value;
		end
	end
end % }}}
function arrays=addmesh(arrays,mesh) % {{{
	%add all vertices, those of all layers of an extruded mesh, and the elements
	arrays.x=double(mesh.x(:));
	arrays.y=double(mesh.y(:));
	try
		arrays.elements=double(mesh.elements);
	catch
		arrays.elements=[];
	end
	if ~any(size(arrays.elements,2)==[3 6]) || ~all(isfinite(arrays.elements(:)))
		error('calfin:mesh',['md.mesh.elements has %i columns, or is not finite; expected triangles or prisms;' ...
			' make a mesh first (triangle, bamg)'],size(arrays.elements,2));
	end
end % }}}
function arrays=addmasks(arrays,md) % {{{
	%add the model's masks and bed, if they have a value for each vertex, and its start time
	names={'mask','ice_levelset'; 'mask','ocean_levelset'; 'geometry','bed'};
	for i=1:size(names,1)
		try
			value=md.(names{i,1}).(names{i,2});
			if isnumeric(value) && numel(value)==numel(arrays.x)
				arrays.(names{i,2})=double(value(:));
			end
		catch
			%the model lacks this field
		end
	end
	try
		start=md.timestepping.start_time;
		if isnumeric(start) && isscalar(start) && isfinite(start)
			arrays.start_time=double(start);
		end
	catch
		%the model has no time steps
	end
end % }}}
