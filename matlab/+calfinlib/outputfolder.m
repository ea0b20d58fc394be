function folder=outputfolder(cf)
%OUTPUTFOLDER - where the results of a calfin go: its output, or that of its further settings
%
%   Usage:
%      folder=calfinlib.outputfolder(cf);

	folder=calfinlib.charvalue(cf.output);
	defaults=calfin();
	extra=cf.settings;
	if isstruct(extra) && isfield(extra,'output') && isequal(folder,defaults.output)
		folder=calfinlib.charvalue(extra.output);
	end
end
