function [answer,found]=callpython(python,request,arrays)
%CALLPYTHON - start Python with a request, show its progress, and return its answer
%
%   python is the property of calfin; if empty, see calfinlib.findpython. arrays is a struct and
%   may have no fields. bridge/README.md describes the answer. found holds its arrays, if any:
%   levelset, time and, for a series, spclevelset. If Python does not answer, the error
%   calfin:... says why.
%
%   Usage:
%      answer=calfinlib.callpython(python,request,arrays);
%      [answer,found]=calfinlib.callpython(python,request,arrays);

	%Python stops when the request is removed, which happens on Ctrl-C and errors as well
	job=tempname();
	mkdir(job);
	cleanup=onCleanup(@() removejob(job));
	calfinlib.writerequest(job,request,arrays);
	words={'-u','-m','pycalfin','bridge',fullfile(job,'request.json')};
	status=system(calfinlib.command(calfinlib.findpython(python),words));
	answer=readanswer(job,status,python);
	found=readarrays(job,answer);
end

function removejob(job) % {{{
	%remove the request, which stops a Python that is still running
	names={'request.json','arrays.mat','answer.json','levelset.h5'};
	for i=1:numel(names)
		if exist(fullfile(job,names{i}),'file')==2
			delete(fullfile(job,names{i}));
		end
	end
	rmdir(job);
end % }}}
function answer=readanswer(job,status,given) % {{{
	%read the answer; if there is none, find out why
	filename=fullfile(job,'answer.json');
	if exist(filename,'file')~=2
		noanswer(status,given);
	end
	try
		answer=jsondecode(calfinlib.readtext(filename));
		contract=answer.contract;
	catch problem
		error('calfin:contract','%s: the answer cannot be read (%s); solve again',filename,problem.message);
	end
	if ~isequal(contract,1)
		error('calfin:contract',['this calfin.m needs version 1 of the contract, but pycalfin answered in' ...
			' version %g; use the calfin.m in the folder that `pycalfin matlab-path` prints'],contract);
	end
end % }}}
function found=readarrays(job,answer) % {{{
	%read the arrays of an answer
	found=struct();
	if ~isfield(answer,'arrays') || isempty(answer.arrays)
		return
	end
	names={'levelset','time'};
	if answer.details.series
		names{end+1}='spclevelset';
	end
	%never use a file name from the answer
	filename=fullfile(job,'levelset.h5');
	try
		found=calfinlib.readnumbers(filename,names);
	catch problem
		error('calfin:badresult','%s: the arrays cannot be read (%s); try again',filename,problem.message);
	end
end % }}}
function noanswer(status,given) % {{{
	%find out why Python did not answer: not found, without pycalfin, or stopped
	[python,origin]=calfinlib.findpython(given);
	interrupted=130;
	if status==interrupted
		stopped();
	end
	probe=['import importlib.util as u,sys;' ...
		'there=[u.find_spec(n) is not None for n in (''pycalfin'',''calfin_bridge'')];' ...
		'print(''calfin-probe'',sys.version.split()[0],*there)'];
	[~,said]=system(calfinlib.command(python,{'-c',probe}));
	found=regexp(said,'calfin-probe (\S+) (\w+) (\w+)','tokens','once');
	if isempty(found)
		error('calfin:nopython',['%s (from %s) is not a working Python; set cf.python or the environment variable' ...
			' PYCALFIN_PYTHON, or run `pycalfin matlab-path --configure` once'],python,origin);
	elseif strcmp(found{2},'False')
		error('calfin:nopycalfin',['%s (from %s), a Python %s, has no pycalfin; install it there, or set' ...
			' cf.python to the Python that has it'],python,origin,found{1});
	elseif strcmp(found{3},'False')
		error('calfin:contract',['the pycalfin of %s is older than this calfin.m; use both of the same' ...
			' release'],python);
	end
	if status==2
		%in Octave this is the number of the signal that ended the shell: SIGINT
		stopped();
	end
	error('calfin:crashed',['Python stopped with status %i and gave no answer, perhaps for lack of memory;' ...
		' cf.solve() continues where it stopped'],status);
end % }}}
function stopped() % {{{
	%report Ctrl-C if Python could not
	error('calfin:interrupted','interrupted; the same settings continue where it stopped');
end % }}}
