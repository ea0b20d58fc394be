function text=readtext(filename)
%READTEXT - read a UTF-8 text file into one row of characters
%
%   Usage:
%      text=calfinlib.readtext(filename);

	[fid,message]=fopen(filename,'r');
	if fid==-1
		error('calfin:file','%s: cannot open the file (%s); check the path',filename,message);
	end
	bytes=fread(fid,[1 Inf],'*uint8');
	fclose(fid);
	text='';
	if ~isempty(bytes)
		text=native2unicode(bytes,'UTF-8');
	end
end
