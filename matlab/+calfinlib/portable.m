function result=portable(what,varargin)
%PORTABLE - functions that differ between MATLAB and GNU Octave
%
%   This file holds all branches that only MATLAB takes. The tests run Octave, so docs/matlab.md
%   describes how to check each branch by hand.
%
%   Usage:
%      text=calfinlib.portable('date',value);
%      bar=calfinlib.portable('dateticks',bar,ticks,labels);
%      name=calfinlib.portable('program');

	octave=exist('OCTAVE_VERSION','builtin')~=0;
	switch what
		case 'date'
			%datetime, which Octave lacks, to text YYYY-MM-DD; an array gives a cell array
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
