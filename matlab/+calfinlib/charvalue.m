function value=charvalue(value)
%CHARVALUE - turn MATLAB's string and datetime into what both MATLAB and Octave have
%
%   A string becomes text, several a cell array of texts; a datetime becomes YYYY-MM-DD.
%   Anything else stays as it is.
%
%   Usage:
%      value=calfinlib.charvalue(value);

	if isa(value,'datetime')
		value=calfinlib.portable('date',value);
	elseif isstring(value)
		if isscalar(value)
			value=char(value);
		else
			value=cellstr(value);
		end
	end
end
