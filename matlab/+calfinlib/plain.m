function value=plain(value)
%PLAIN - turn MATLAB's string and datetime into what both MATLAB and Octave have
%
%   A string becomes text, several a cell array of texts; a datetime becomes YYYY-MM-DD.
%   Anything else stays as it is.
%
%   Usage:
%      value=calfinlib.plain(value);

	if isa(value,'datetime')
		value=calfinlib.onlymatlab('date',value);
	elseif isstring(value)
		if isscalar(value)
			value=char(value);
		else
			value=cellstr(value);
		end
	end
end
