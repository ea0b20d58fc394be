function value=cellofchars(value)
%CELLOFCHARS - convert text in any form to a 1xN cell array of texts
%
%   A text gives a cell array of one element, an empty text an empty one. Values that are not
%   text are returned unchanged, so that the caller can refuse them.
%
%   Usage:
%      names=calfinlib.cellofchars(value);

	value=calfinlib.charvalue(value);
	if ischar(value)
		%each row of a char matrix is a text
		value=cellstr(value);
		value(cellfun('isempty',value))=[];
	end
	if isempty(value)
		value={};
	end
	if iscell(value)
		for i=1:numel(value)
			value{i}=calfinlib.charvalue(value{i});
		end
		value=reshape(value,1,[]);
	end
end
