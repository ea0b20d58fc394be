function writetext(filename,text)
%WRITETEXT - write a text to a UTF-8 file
%
%   Usage:
%      calfinlib.writetext(filename,text);

	[fid,message]=fopen(filename,'w');
	if fid==-1
		error('calfin:file','%s: cannot write the file (%s); check the path',filename,message);
	end
	fwrite(fid,unicode2native(text,'UTF-8'),'uint8');
	fclose(fid);
end
