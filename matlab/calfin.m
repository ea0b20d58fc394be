classdef calfin < handle
%CALFIN class definition
%
%   Finds the calving fronts of marine-terminating glaciers in Landsat and Sentinel-1 images.
%   pycalfin, a Python package, does the work in a separate process and returns the fronts as
%   ISSM contours. The class works in MATLAB and GNU Octave, with or without ISSM.
%
%   Usage:
%      cf=calfin();
%      cf=calfin('scenes',{'scene.tif'},'domain','glacier.geojson');
%
%   Example:
%      cf=calfin();
%      cf.scenes='scene.tif';              % a file, a folder, or a cell array of these
%      cf.date='2021-09-26';               % only if the file does not name its date
%      cf.domain='box.geojson';            % also .exp, contours, or a model: md
%      cf.solve();
%      cf.plot();
%      cf.fronts(1)                        % name, x, y, ... date, confidence, uncertainty
%
%      cf.load('pycalfin_output');         % read the results of an earlier run
%
%      md=cf.initialize(md);               % ice front at the start, and its motion
%      md=cf.initialize(md,'date','2016-06-30');
%      phi=cf.makelevelset(md,'times','monthly');
%      cf.plot(md);
%      cf.expwrite('contours');            % one .exp file per domain
%
%      cf.mode='append';                   % keep the scenes of earlier runs in cf.output
%      cf.settings.figures='worst';        % any other setting: docs/settings.md
%
%   If no scenes are set, solve uses the folder ./scenes. If there is no such folder, it runs a
%   demo on synthetic scenes. Solving again with the same settings continues a stopped run.
%
%   Type cf to show all settings and results. docs/matlab.md has the details.

	properties (SetAccess=public)
		python     = '';
		scenes     = {};
		domain     = '';
		fjord      = '';
		date       = '';
		crs        = '';
		network    = '';
		output     = '';
		mode       = '';
		jobs       = 0;
		settings   = struct();
		fronts     = struct([]);
		levelset   = [];
		figures    = {};
		report     = '';
		log        = '';
	end
	methods
		function self = calfin(varargin) % {{{
			setdefaultparameters(self);
			if mod(numel(varargin),2)~=0
				error('calfin:option','calfin takes pairs of a name and a value, as in calfin(''jobs'',2)');
			end
			for i=1:2:numel(varargin)
				name=calfinlib.charvalue(varargin{i});
				if ~ischar(name)
					error('calfin:option','option %i of calfin is a %s; expected a name',(i+1)/2,class(name));
				end
				requireknown(name,optionnames(),'option');
				self.(name)=varargin{i+1};
			end
		end % }}}
		function self = setdefaultparameters(self) % {{{

			%empty: see calfinlib.findpython
			self.python='';

			%empty: the folder ./scenes, else the demo
			self.scenes={};

			%empty: as in the files
			self.domain='';
			self.fjord='';
			self.date='';
			self.crs='';

			%network, results and processes
			self.network='light';
			self.output=fullfile('.','pycalfin_output');
			self.mode='new';
			self.jobs=1;
			self.settings=struct();

			clearresults(self);
		end % }}}
		function self = subsasgn(self,index,value) % {{{

			%refuse a misspelt property and suggest the right one
			if strcmp(index(1).type,'.')
				requireknown(index(1).subs,properties('calfin')','property');
				if strcmp(index(1).subs,'figures') && ischar(calfinlib.charvalue(value))
					error('calfin:property',['cf.figures holds the paths of figures; to choose which figures a run' ...
						' keeps, set cf.settings.figures to ''worst'', ''all'' or ''none''']);
				end
			end
			self=builtin('subsasgn',self,index,value);
		end % }}}
		function disp(self) % {{{
			fprintf('   calfin: calving fronts from satellite images\n');

			fprintf('\n   settings:\n');
			show(self,'scenes','scene files, product folders, .tar, .tar.gz or .zip, or folders of these');
			show(self,'domain','area to search: file, .exp, contours, or a model');
			show(self,'fjord','fjord mask, optional: raster (white = fjord) or polygons');
			show(self,'date','YYYY-MM-DD of every scene, or a cell array with one for each');
			show(self,'crs','EPSG:n of scenes and contours that lack one');
			show(self,'network','name of a network, or a weights file');
			show(self,'output','folder for the results');
			show(self,'mode','earlier scenes in output: new (refuse to drop any), append or replace');
			show(self,'jobs','number of subsets processed in parallel');
			show(self,'settings','further settings (docs/settings.md): a struct, or a file');
			show(self,'python','Python that has pycalfin; empty: searched for');

			fprintf('\n   results:\n');
			show(self,'fronts','contours, one per front');
			show(self,'levelset','last level set: nv x 1, or (nv+1) x nt with times');
			show(self,'figures','figures for quality assurance, one per front (see settings.figures)');
			show(self,'report','report.html, an overview of the run');
			show(self,'log','outcome of each scene');
		end % }}}
		function self = checkconsistency(self) % {{{

			%report all problems at once
			problems={};
			if ~ischar(calfinlib.charvalue(self.python))
				problems{end+1}='python is not text; give the path of a Python, or leave it empty';
			end
			scenes=calfinlib.cellofchars(self.scenes);
			if ~iscellstr(scenes) %#ok<ISCLSTR>
				problems{end+1}='scenes is neither text nor a cell array of text; give the names of scenes';
			elseif any(cellfun('isempty',scenes))
				problems{end+1}='scenes has an empty name; leave it out';
			end
			if ~isdomain(self.domain)
				problems{end+1}=['domain is a ' class(self.domain) ...
					'; give a file, a contour struct (name, x, y), or a model (mesh.x, mesh.y, mesh.elements)'];
			end
			if ~iscellstr(calfinlib.cellofchars(self.date)) %#ok<ISCLSTR>
				problems{end+1}='date is neither text YYYY-MM-DD nor a cell array with one for each scene';
			end
			names={'fjord','crs','network','output','mode'};
			for i=1:numel(names)
				value=calfinlib.charvalue(self.(names{i}));
				if ~(ischar(value) && size(value,1)<=1)
					problems{end+1}=sprintf('%s is a %s; expected text',names{i},class(self.(names{i}))); %#ok<AGROW>
				end
			end
			jobs=self.jobs;
			if ~(isnumeric(jobs) && isscalar(jobs) && isfinite(jobs) && jobs>=1 && jobs==fix(jobs))
				problems{end+1}='jobs is not a whole number above 0; give how many subsets to process at once';
			end
			extra=calfinlib.charvalue(self.settings);
			if ~(ischar(extra) || (isstruct(extra) && isscalar(extra)))
				problems{end+1}='settings is neither a struct of settings nor the name of a file; give one of both';
			end
			problems=[problems notfinite(extra)];
			if ~isempty(problems)
				error('calfin:settings','%s',strjoin(problems,sprintf('\n')));
			end
		end % }}}
		function self = solve(self) % {{{

			%find fronts; earlier results stay until there are new ones
			checkconsistency(self);
			[request,arrays]=calfinlib.buildrequest(self);
			answer=calfinlib.callpython(calfinlib.charvalue(self.python),request,arrays);
			if ~isempty(answer.error)
				error(['calfin:' answer.error],'%s',answer.message);
			end

			self.load(answer.output);
			remarks=answer.remarks;
			for i=1:numel(remarks)
				if strcmp(remarks(i).code,'log')
					self.log=[self.log remarks(i).message sprintf('\n')];
				else
					warning(['calfin:' remarks(i).code],'%s',remarks(i).message);
				end
			end
			if any([self.fronts.synthetic])
				warning('calfin:synthetic','these fronts come from synthetic scenes: they are no observations');
			end
		end % }}}
		function self = load(self,folder) % {{{

			%read the results of a finished run; nothing is run
			if nargin<2
				folder=calfinlib.outputfolder(self);
			end
			folder=calfinlib.charvalue(folder);
			if ~ischar(folder)
				error('calfin:noresult','load takes the output folder of a run, found a %s',class(folder));
			end
			clearresults(self);
			[found,document]=calfinlib.readresult(fullfile(folder,'fronts.h5'));
			folder=calfinlib.absolute(folder);
			for i=1:numel(found)
				if ~isempty(found(i).figure)
					found(i).figure=fullfile(folder,found(i).figure);
				end
			end
			self.fronts=found;
			self.figures={found.figure};
			self.report=fullfile(folder,document.report);
			self.log=outcomes(document.pairs);
		end % }}}
		function md = initialize(self,md,varargin) % {{{

			%fill a model with the observed front at its start, and with the motion of the front
			%   'date'           YYYY-MM-DD of the front at the start; default: at md.timestepping.start_time
			%   'times'          times of the series: decimal years, dates or 'monthly'; default: dates of fronts
			%   'maxgap'         days: leave out times between dates farther apart than this
			%   'withinocean'    limit the ocean to the run's ocean polygons; default: false
			%   'transient'      fill md.levelset.spclevelset; default: false for a date without times, else true
			%   'replacemask'    ignore the masks and the bed that the model has; default: false
			%   'allowsynthetic' accept fronts of synthetic scenes; default: false
			names={'date','times','maxgap','withinocean','transient','replacemask','allowsynthetic'};
			options=calfinlib.parseoptions('initialize',names,varargin);
			[details,found]=calfinlib.computelevelset(self,md,options,true);
			self.levelset=found.levelset;
			md.mask.ice_levelset=found.levelset;
			if details.series
				self.levelset=found.spclevelset;
				md.levelset.spclevelset=found.spclevelset;
				md.transient.ismovingfront=1;
				if size(found.spclevelset,2)>1 && jumps(md)
					warning('calfin:jumps','md.timestepping.interp_forcing is 0: the front will move in jumps');
				end
			end
		end % }}}
		function phi = makelevelset(self,md,varargin) % {{{

			%level sets on the mesh of a model, which is not changed: (nv+1) x nt with times in the
			%last row, or nv x 1 for one date; options as in initialize
			names={'date','times','maxgap','withinocean','allowsynthetic'};
			options=calfinlib.parseoptions('makelevelset',names,varargin);
			[details,found]=calfinlib.computelevelset(self,md,options,false);
			phi=found.levelset;
			if details.series
				phi=found.spclevelset;
			end
			self.levelset=phi;
		end % }}}
		function found = contours(self,dates) % {{{

			%ISSM contours of one date, of several dates, or of all
			found=self.fronts;
			if nargin>1 && ~isempty(found)
				dates=calfinlib.cellofchars(dates);
				found=found(ismember({self.fronts.date},dates));
			end
			if isempty(found)
				error('calfin:nofront','there is no front%s; there are %s',asked(nargin>1), ...
					summary('fronts',self.fronts));
			end
			extra=setdiff(fieldnames(found),{'name','nods','density','x','y','closed'});
			found=rmfield(found,extra);
		end % }}}
		function files = expwrite(self,folder) % {{{

			%write one .exp file per domain for ISSM, which need not be installed
			if nargin<2 || ~ischar(calfinlib.charvalue(folder)) || isempty(folder)
				error('calfin:option','expwrite takes the folder to write to, as in cf.expwrite(''contours'')');
			end
			request=struct('contract',1,'client',['calfin.m in ' calfinlib.portable('program')],'task','contours');
			request.fronts=calfinlib.frontselection(self);
			request.output=calfinlib.absolute(calfinlib.charvalue(folder));
			answer=calfinlib.callpython(calfinlib.charvalue(self.python),request,struct());
			if ~isempty(answer.error)
				error(['calfin:' answer.error],'%s',answer.message);
			end
			files=calfinlib.cellofchars(answer.details.files);
		end % }}}
		function handles = plot(self,md) % {{{

			%map of the fronts, coloured by date, with one panel per domain; with a model: its level
			%set, the zero line, and the fronts over the mesh
			if nargin>1
				handles=calfinlib.plotmodel(md,self.levelset,self.fronts);
			else
				if isempty(self.fronts)
					error('calfin:nofront','there is no front to plot; cf.solve() finds some');
				end
				handles=calfinlib.plotfronts(self.fronts);
			end
			if nargout==0
				clear handles
			end
		end % }}}
	end
end

function clearresults(self) % {{{
	%clear the results of an earlier solve
	self.fronts=cell2struct(cell(1,0),{'synthetic'},1)';
	self.levelset=[];
	self.figures={};
	self.report='';
	self.log='';
end % }}}
function names=optionnames() % {{{
	%options of the constructor
	names={'python','scenes','domain','fjord','date','crs','network','output','mode','jobs','settings'};
end % }}}
function requireknown(name,names,what) % {{{
	%refuse an unknown name and suggest the nearest
	if any(strcmp(name,names))
		return
	end
	near=calfinlib.closestname(name,names);
	if isempty(near)
		error(['calfin:' what],'calfin has no %s %s; it has %s',what,name,strjoin(names,', '));
	end
	error(['calfin:' what],'calfin has no %s %s; did you mean %s?',what,name,near);
end % }}}
function show(self,name,comment) % {{{
	%show one line of disp, with ISSM's fielddisplay if ISSM is on the path
	value=calfinlib.charvalue(self.(name));
	if isstruct(value)
		value=summary(name,value);
	elseif ~(isnumeric(value) || ischar(value) || iscell(value))
		value=['(' class(value) ')'];
	end
	if exist('fielddisplay','file')==2
		fielddisplay(struct(name,{value}),name,comment);
	else
		fprintf('      %-9s: %-36s -- %s\n',name,brief(value,36),comment);
	end
end % }}}
function text=summary(name,value) % {{{
	%describe a struct in a few words
	if strcmp(name,'fronts')
		text='none';
		if ~isempty(value)
			dates=sort({value.date});
			text=sprintf('%i, %s to %s',numel(value),dates{1},dates{end});
		end
	elseif isfield(value,'mesh')
		text='a model';
	elseif isfield(value,'x')
		text=sprintf('%i contours',numel(value));
	else
		text=strjoin(fieldnames(value)',', ');
	end
end % }}}
function answer=jumps(md) % {{{
	%true if a model does not interpolate between the times of a series
	answer=false;
	try
		answer=md.timestepping.interp_forcing==0;
	catch
		%the model has no time steps
	end
end % }}}
function text=asked(some) % {{{
	%part of a message on the requested dates
	text='';
	if some
		text=' of this date';
	end
end % }}}
function text=brief(value,width) % {{{
	%show a value in a few words; keep the end of a long text, where paths differ
	if isempty(value)
		text='none';
	elseif ischar(value) && any(value==10)
		text=sprintf('%i lines',sum(value==10));
	elseif ischar(value)
		text=value;
	elseif iscell(value) && numel(value)==1 && ischar(value{1})
		text=value{1};
	elseif iscell(value)
		text=sprintf('%i of them',numel(value));
	elseif isscalar(value)
		text=sprintf('%g',value);
	else
		text=sprintf('%ix%i %s',size(value,1),size(value,2),class(value));
	end
	if numel(text)>width
		text=['...' text(end-width+4:end)];
	end
end % }}}
function answer=isdomain(value) % {{{
	%true if a value can be a domain
	value=calfinlib.charvalue(value);
	answer=ischar(value) || isempty(value) || calfinlib.hasmesh(value) || ...
		(isstruct(value) && all(isfield(value,{'x','y'})));
end % }}}
function problems=notfinite(extra) % {{{
	%refuse NaN and Inf, which JSON lacks: they would be read as settings that were left out
	problems={};
	if ~isstruct(extra) || ~isscalar(extra)
		return
	end
	names=fieldnames(extra);
	for i=1:numel(names)
		value=extra.(names{i});
		if isnumeric(value) && ~all(isfinite(value(:)))
			problems{end+1}=sprintf('settings.%s is not finite; give a number',names{i}); %#ok<AGROW>
		end
	end
end % }}}
function text=outcomes(pairs) % {{{
	%write a line for each pair of scene and domain
	text='';
	for i=1:numel(pairs)
		ended=strrep(pairs(i).status,'_',' ');
		if strcmp(pairs(i).status,'done')
			ended=sprintf('done, fronts: %i',pairs(i).fronts);
		elseif ~isempty(pairs(i).reason)
			ended=[ended ', ' pairs(i).reason];
		end
		line=sprintf('%s %s %s: %s',pairs(i).date,pairs(i).scene,pairs(i).domain,ended);
		text=[text calfinlib.printable(line) sprintf('\n')]; %#ok<AGROW>
		warnings=calfinlib.cellofchars(pairs(i).warnings);
		for j=1:numel(warnings)
			text=[text '   ' calfinlib.printable(warnings{j}) sprintf('\n')]; %#ok<AGROW>
		end
	end
end % }}}
