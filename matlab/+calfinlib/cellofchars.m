function value=cellofchars(value)
%CELLOFCHARS - a 1xN cell array of texts, whatever way they were given
%
%   Text becomes a cell array of one, empty text one of none. What holds no text stays as it
%   is, for the caller to refuse.
%
%   Usage:
%      names=calfinlib.cellofchars(value);

	value=calfinlib.charvalue(value);
	if ischar(value)
		%a char matrix holds a text in each row
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
