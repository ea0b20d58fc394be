function line=command(python,arguments,platform)
%COMMAND - the line that starts Python, for the shell of a platform
%
%   MATLAB puts its own libraries first in the environment (LD_LIBRARY_PATH), which breaks
%   other programs: they are taken out for the child. The line holds no redirection, so that
%   any shell of a user (sh, csh, fish) understands it.
%
%   platform is 'linux', 'macos' or 'windows'; default: the one that this runs on.
%
%   Usage:
%      line=calfinlib.command(python,arguments);
%      line=calfinlib.command(python,arguments,platform);
%
%   Example:
%      status=system(calfinlib.command('python3',{'-c','print(1)'}));

	if nargin<3
		platform=here();
	end
	words=[{python} arguments];
	for i=1:numel(words)
		words{i}=quote(words{i},platform);
	end
	line=[prefix(platform) strjoin(words,' ')];
end

function platform=here() % {{{
	%the platform that this runs on
	if ispc()
		platform='windows';
	elseif ismac()
		platform='macos';
	else
		platform='linux';
	end
end % }}}
function text=prefix(platform) % {{{
	%what takes a program's own libraries out of the environment, and the working folder out of
	%Python's search path: a random.py that lies there is not Python's
	switch platform
		case 'linux'
			text='env -u LD_LIBRARY_PATH -u LD_PRELOAD -u PYTHONHOME PYTHONSAFEPATH=1 ';
		case 'macos'
			text=['env -u DYLD_LIBRARY_PATH -u DYLD_FRAMEWORK_PATH -u DYLD_INSERT_LIBRARIES' ...
				' -u PYTHONHOME PYTHONSAFEPATH=1 '];
		case 'windows'
			%that the line does not begin with a quote keeps cmd from stripping quotes
			text='set "PYTHONHOME=" & set "PYTHONSAFEPATH=1" & ';
		otherwise
			error('calfin:internal','%s is no platform; expected linux, macos or windows',platform);
	end
end % }}}
function word=quote(word,platform) % {{{
	%protect blanks, quotes and whatever else a shell would take amiss
	if strcmp(platform,'windows')
		%file names hold no double quotes there; a backslash before the closing one would protect it
		if ~isempty(word) && word(end)=='\'
			word=[word '\'];
		end
		word=['"' strrep(word,'"','\"') '"'];
	else
		word=['''' strrep(word,'''','''\''''') ''''];
	end
end % }}}
