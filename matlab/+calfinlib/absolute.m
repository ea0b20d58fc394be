function folder=absolute(folder)
%ABSOLUTE - absolute path of a folder
%
%   Usage:
%      folder=calfinlib.absolute(folder);

	rooted=~isempty(regexp(folder,'^([\\/]|[A-Za-z]:)','once'));
	if ~rooted
		folder=fullfile(pwd(),folder);
	end
end
