function text=printable(text)
%PRINTABLE - replace control characters in a text by '?'
%
%   Names in files of strangers could otherwise control the terminal.
%
%   Usage:
%      text=calfinlib.printable(text);

	text(text<32 | text==127)='?';
end
