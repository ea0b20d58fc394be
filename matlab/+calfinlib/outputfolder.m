function folder=outputfolder(cf)
%OUTPUTFOLDER - output folder of a calfin: cf.output, or cf.settings.output if only that is set
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
