function result=portable(what,varargin)
%PORTABLE - the few things that MATLAB and GNU Octave do in different ways
%
%   Every branch that only MATLAB takes stands in this file, and docs/matlab.md says how
%   to check each by hand: the tests run Octave.
%
%   Usage:
%      text=calfinlib.portable('date',value);
%      bar=calfinlib.portable('dateticks',bar,ticks,labels);
%      name=calfinlib.portable('program');

	octave=exist('OCTAVE_VERSION','builtin')~=0;
	switch what
		case 'date'
			%text YYYY-MM-DD of a datetime, which Octave does not know; a cell array for several
			if octave
				result=varargin{1};
			else
				result=cellstr(datestr(varargin{1},'yyyy-mm-dd'))'; %#ok<DATST>
				if isscalar(result)
					result=result{1};
				end
			end
		case 'dateticks'
			%label the ticks of a colour bar
			[bar,ticks,labels]=varargin{:};
			if octave
				set(bar,'ytick',ticks,'yticklabel',labels);
			else
				set(bar,'Ticks',ticks,'TickLabels',labels);
			end
			result=bar;
		case 'program'
			%name and version of the program that runs this
			if octave
				result=['GNU Octave ' OCTAVE_VERSION()];
			else
				result=['MATLAB ' version()];
			end
		otherwise
			error('calfin:internal','portable: unknown request %s',what);
	end
end
