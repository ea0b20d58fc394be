function [name,distance]=closestname(word,names)
%CLOSESTNAME - the name that is most similar to a word, '' if none is similar
%
%   distance is the number of letters to change, add or remove.
%
%   Usage:
%      name=calfinlib.closestname(word,names);
%
%   Example:
%      calfinlib.closestname('scnes',{'scenes','domain'})   % 'scenes'

	name='';
	distance=Inf;
	for i=1:numel(names)
		changes=edits(lower(word),lower(names{i}));
		if changes<distance
			distance=changes;
			name=names{i};
		end
	end
	if distance>max(2,numel(word)/3)
		name='';
	end
end

function count=edits(first,second) % {{{
	%Levenshtein distance, row by row
	previous=0:numel(second);
	for i=1:numel(first)
		current=[i zeros(1,numel(second))];
		for j=1:numel(second)
			change=previous(j)+(first(i)~=second(j));
			current(j+1)=min([change,previous(j+1)+1,current(j)+1]);
		end
		previous=current;
	end
	count=previous(end);
end % }}}
