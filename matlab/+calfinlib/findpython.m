function [python,origin]=findpython(given)
%FINDPYTHON - find the Python to start
%
%   The first of these is used:
%      1. the property 'python' of calfin
%      2. the environment variable PYCALFIN_PYTHON
%      3. the Python that `pycalfin matlab-path --configure` saved
%      4. the environment in which this file is installed, or .venv of a clone
%      5. python3 (python on Windows)
%
%   origin names the source for messages.
%
%   Usage:
%      [python,origin]=calfinlib.findpython(given);

	if ~isempty(given)
		python=expanded(given);
		origin='the property python';
		return
	end
	python=getenv('PYCALFIN_PYTHON');
	if ~isempty(python)
		python=expanded(python);
		origin='the environment variable PYCALFIN_PYTHON';
		return
	end
	config=configfile();
	if exist(config,'file')==2
		python=configured(config);
		origin=config;
		return
	end
	python=around(fileparts(fileparts(mfilename('fullpath'))));
	if ~isempty(python)
		origin='the environment of calfin.m';
		return
	end
	origin='the search path of programs';
	python='python3';
	if ispc()
		python='python';
	end
end

function filename=configfile() % {{{
	%file that `pycalfin matlab-path --configure` writes
	if ispc()
		base=getenv('APPDATA');
	else
		base=getenv('XDG_CONFIG_HOME');
	end
	if isempty(base)
		base=fullfile(home(),'.config');
	end
	filename=fullfile(base,'pycalfin','matlab.json');
end % }}}
function path=expanded(path) % {{{
	%replace a leading ~ by the user's folder
	if path(1)=='~' && (numel(path)==1 || any(path(2)=='/\'))
		path=[home() path(2:end)];
	end
end % }}}
function folder=home() % {{{
	%the user's folder
	folder=getenv('HOME');
	if isempty(folder)
		folder=getenv('USERPROFILE');
	end
end % }}}
function python=configured(config) % {{{
	%the Python in a configuration file
	try
		content=jsondecode(calfinlib.readtext(config));
		python=content.python;
	catch
		error('calfin:config',['%s: damaged; write it again (pycalfin matlab-path --configure),' ...
			' or remove it'],config);
	end
end % }}}
function python=around(folder) % {{{
	%the Python of the environment around a folder: 4 or 5 levels up if installed, .venv in a clone
	python='';
	for level=1:6
		parent=fileparts(folder);
		if strcmp(parent,folder)
			return
		end
		folder=parent;
		places={folder,fullfile(folder,'.venv')};
		for i=1:numel(places)
			if exist(fullfile(places{i},'pyvenv.cfg'),'file')==2 || exist(fullfile(places{i},'conda-meta'),'dir')==7
				python=within(places{i});
				if ~isempty(python)
					return
				end
			end
		end
	end
end % }}}
function python=within(environment) % {{{
	%the Python of an environment, '' if it has none
	programs={fullfile('bin','python'),fullfile('Scripts','python.exe'),'python.exe'};
	for i=1:numel(programs)
		python=fullfile(environment,programs{i});
		if exist(python,'file')==2
			return
		end
	end
	python='';
end % }}}
