function options=parseoptions(method,names,given)
%PARSEOPTIONS - read options of a method, given as pairs of a name and a value
%
%   options is a struct of the given options. A name that is not in names is an error, which
%   suggests the nearest.
%
%   Usage:
%      options=calfinlib.parseoptions('initialize',{'date','times'},varargin);

	if mod(numel(given),2)~=0
		error('calfin:option','%s takes pairs of a name and a value, as in (...,''%s'',value)',method,names{1});
	end
	options=struct();
	for i=1:2:numel(given)
		name=calfinlib.charvalue(given{i});
		if ~ischar(name)
			error('calfin:option','option %i of %s is a %s; expected a name',(i+1)/2,method,class(name));
		end
		if ~any(strcmp(name,names))
			near=calfinlib.closestname(name,names);
			if isempty(near)
				error('calfin:option','%s has no option %s; it has %s',method,name,strjoin(names,', '));
			end
			error('calfin:option','%s has no option %s; did you mean %s?',method,name,near);
		end
		options.(name)=calfinlib.charvalue(given{i+1});
	end
end
