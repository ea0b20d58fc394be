function [answer,found]=callpython(python,request,arrays)
%CALLPYTHON - start Python with a request, show its progress, and return its answer
%
%   python is the property of calfin; empty: see calfinlib.findpython. arrays may have no
%   field. The answer is that of bridge/README.md: exit_status, output, error, message,
%   remarks. Anything that keeps Python from answering is an error calfin:... found holds the
%   arrays of the answer: none, or levelset, time and perhaps spclevelset.
%
%   Usage:
%      answer=calfinlib.callpython(python,request,arrays);
%      [answer,found]=calfinlib.callpython(python,request,arrays);

	%Python works for as long as the request lies there: Ctrl-C and errors take it away
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
	%take the request away, which ends a Python that still works on it
	names={'request.json','arrays.mat','answer.json','levelset.h5'};
	for i=1:numel(names)
		if exist(fullfile(job,names{i}),'file')==2
			delete(fullfile(job,names{i}));
		end
	end
	rmdir(job);
end % }}}
function answer=readanswer(job,status,given) % {{{
	%how Python says that it ended; without an answer, find out why there is none
	filename=fullfile(job,'answer.json');
	if exist(filename,'file')~=2
		noanswer(status,given);
	end
	try
		answer=jsondecode(calfinlib.readtext(filename));
		contract=answer.contract;
	catch problem
		error('calfin:contract','%s: no answer that can be read (%s)',filename,problem.message);
	end
	if ~isequal(contract,1)
		error('calfin:contract',['this calfin.m speaks version 1 of the contract, the pycalfin that answered' ...
			' version %g; use the calfin.m that `pycalfin matlab-path` names'],contract);
	end
end % }}}
function found=readarrays(job,answer) % {{{
	%the numbers of an answer
	found=struct();
	if ~isfield(answer,'arrays') || isempty(answer.arrays)
		return
	end
	names={'levelset','time'};
	if answer.details.series
		names{end+1}='spclevelset';
	end
	%a name of its own folder, whatever the answer says
	filename=fullfile(job,'levelset.h5');
	try
		found=calfinlib.readnumbers(filename,names);
	catch problem
		error('calfin:badresult','%s: no answer that can be read (%s)',filename,problem.message);
	end
end % }}}
function noanswer(status,given) % {{{
	%Python did not answer: is it there, has it pycalfin, was it stopped?
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
		error('calfin:nopython',['%s (from %s) is no Python that runs; set cf.python or the environment variable' ...
			' PYCALFIN_PYTHON, or run `pycalfin matlab-path --configure` once'],python,origin);
	elseif strcmp(found{2},'False')
		error('calfin:nopycalfin',['%s (from %s), a Python %s, has no pycalfin; install it there, or set' ...
			' cf.python to the Python that has it'],python,origin,found{1});
	elseif strcmp(found{3},'False')
		error('calfin:contract','the pycalfin of %s is older than this calfin.m; use one release of both',python);
	end
	if status==2
		%Octave gives the number of the signal that ended the shell
		stopped();
	end
	error('calfin:crashed',['Python stopped with status %i and gave no answer, perhaps for lack of memory;' ...
		' cf.solve() continues where it stopped'],status);
end % }}}
function stopped() % {{{
	%Ctrl-C before Python could say so itself
	error('calfin:interrupted','interrupted; the same settings continue where it stopped');
end % }}}
