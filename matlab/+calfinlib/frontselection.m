function where=frontselection(cf)
%FRONTSELECTION - tell Python which fronts of which finished run a calfin holds
%
%   Fronts travel as the folder they lie in and their ids: what was taken out of cf.fronts
%   stays out. Anything else that was changed in them is an error, for Python would not see it.
%
%   Usage:
%      where=calfinlib.frontselection(cf);

	fronts=cf.fronts;
	if isempty(fronts)
		error('calfin:nofront','there is no front; cf.solve() finds some, cf.load(folder) reads those of a run');
	end
	if isempty(cf.report) || ~all(isfield(fronts,{'id','x','y'}))
		error('calfin:fronts','cf.fronts are not those of a run; cf.load(folder) reads them');
	end
	folder=fileparts(cf.report);
	known=calfinlib.readresult(fullfile(folder,'fronts.h5'));
	[found,place]=ismember({fronts.id},{known.id});
	for i=1:numel(fronts)
		if ~found(i)
			error('calfin:fronts','%s has no front %s any more; cf.load(folder) reads those it has', ...
				folder,fronts(i).id);
		end
		name=changed(fronts(i),known(place(i)));
		if ~isempty(name)
			error('calfin:fronts',['front %i of cf.fronts is not as the run left it (%s); take fronts out' ...
				' (cf.fronts(%i)=[]), but do not change them'],i,name,i);
		end
	end
	where=struct('folder',folder,'ids',{{fronts.id}});
end

function name=changed(front,known) % {{{
	%the first field that is not as it was, '' if there is none; paths of figures need not be
	name='';
	names=setdiff(fieldnames(known),{'figure'});
	for i=1:numel(names)
		if ~isfield(front,names{i}) || ~isequaln(front.(names{i}),known.(names{i}))
			name=names{i};
			return
		end
	end
end % }}}
