function line=command(python,arguments,platform)
%COMMAND - command line that starts Python in the shell of a platform
%
%   MATLAB puts its libraries first in the environment (LD_LIBRARY_PATH), which breaks other
%   programs. The line therefore unsets these variables. It has no redirections, so that it works
%   in any shell (sh, csh, fish).
%
%   platform is 'linux', 'macos' or 'windows'. Default: the current one.
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
	%the current platform
	if ispc()
		platform='windows';
	elseif ismac()
		platform='macos';
	else
		platform='linux';
	end
end % }}}
function text=prefix(platform) % {{{
	%unset the libraries of MATLAB or Octave, and keep Python from importing modules of the
	%working folder, such as a file random.py
	switch platform
		case 'linux'
			text='env -u LD_LIBRARY_PATH -u LD_PRELOAD -u PYTHONHOME PYTHONSAFEPATH=1 ';
		case 'macos'
			text=['env -u DYLD_LIBRARY_PATH -u DYLD_FRAMEWORK_PATH -u DYLD_INSERT_LIBRARIES' ...
				' -u PYTHONHOME PYTHONSAFEPATH=1 '];
		case 'windows'
			%cmd would strip quotes from a line that starts with one
			text='set "PYTHONHOME=" & set "PYTHONSAFEPATH=1" & ';
		otherwise
			error('calfin:internal','unknown platform %s; expected linux, macos or windows',platform);
	end
end % }}}
function word=quote(word,platform) % {{{
	%quote a word for the shell
	if strcmp(platform,'windows')
		%file names have no double quotes there; a final backslash would escape the closing quote
		if ~isempty(word) && word(end)=='\'
			word=[word '\'];
		end
		word=['"' strrep(word,'"','\"') '"'];
	else
		word=['''' strrep(word,'''','''\''''') ''''];
	end
end % }}}
