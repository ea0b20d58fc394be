function value=charvalue(value)
%CHARVALUE - convert MATLAB's string and datetime to types that Octave has as well
%
%   A string becomes text, and a string array a cell array of texts. A datetime becomes
%   YYYY-MM-DD. Other values are returned unchanged.
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
