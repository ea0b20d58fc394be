function text=printable(text)
%PRINTABLE - text without the characters that steer a terminal, each a '?' instead
%
%   Names may come from the files of somebody else.
%
%   Usage:
%      text=calfinlib.printable(text);

	text(text<32 | text==127)='?';
end
