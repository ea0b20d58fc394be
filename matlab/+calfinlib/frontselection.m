function where=frontselection(cf)
%FRONTSELECTION - describe the fronts of a calfin for Python, by folder and ids
%
%   Fronts that were removed from cf.fronts are left out. Other changes to the fronts are errors,
%   because Python would not see them.
%
%   Usage:
%      where=calfinlib.frontselection(cf);

	fronts=cf.fronts;
	if isempty(fronts)
		error('calfin:nofront','there is no front; cf.solve() finds some, cf.load(folder) reads those of a run');
	end
	if isempty(cf.report) || ~all(isfield(fronts,{'id','x','y'}))
		error('calfin:fronts','cf.fronts are not those of a run; read them with cf.load(folder)');
	end
	folder=fileparts(cf.report);
	known=calfinlib.readresult(fullfile(folder,'fronts.h5'));
	[found,place]=ismember({fronts.id},{known.id});
	for i=1:numel(fronts)
		if ~found(i)
			error('calfin:fronts','%s no longer has front %s; read its fronts again with cf.load(folder)', ...
				folder,fronts(i).id);
		end
		name=changed(fronts(i),known(place(i)));
		if ~isempty(name)
			error('calfin:fronts',['front %i of cf.fronts was changed (%s); remove fronts' ...
				' (cf.fronts(%i)=[]), but do not change them'],i,name,i);
		end
	end
	where=struct('folder',folder,'ids',{{fronts.id}});
end

function name=changed(front,known) % {{{
	%the first field that differs, '' if there is none; paths of figures may differ
	name='';
	names=setdiff(fieldnames(known),{'figure'});
	for i=1:numel(names)
		if ~isfield(front,names{i}) || ~isequaln(front.(names{i}),known.(names{i}))
			name=names{i};
			return
		end
	end
end % }}}
