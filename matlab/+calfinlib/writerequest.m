function filename=writerequest(folder,request,arrays)
%WRITEREQUEST - write the files of a request to a folder; return the path of request.json
%
%   Usage:
%      filename=calfinlib.writerequest(folder,request,arrays);

	if ~isempty(fieldnames(arrays))
		request.arrays='arrays.mat';
		save(fullfile(folder,request.arrays),'-struct','arrays','-v7');
	end
	filename=fullfile(folder,'request.json');
	calfinlib.writetext(filename,jsonencode(request));
end
