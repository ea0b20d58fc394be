function folder=absolute(folder)
%ABSOLUTE - a path that means the same wherever the working folder is
%
%   Usage:
%      folder=calfinlib.absolute(folder);

	rooted=~isempty(regexp(folder,'^([\\/]|[A-Za-z]:)','once'));
	if ~rooted
		folder=fullfile(pwd(),folder);
	end
end
