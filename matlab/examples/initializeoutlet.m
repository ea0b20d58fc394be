%INITIALIZEOUTLET - a model of an outlet glacier that starts with an observed front
%
%   Set results to the output folder of a run. With a model md of your own in the workspace
%   that one is filled; else the script makes a mesh around the fronts, without ISSM.
%
%   Example:
%      results='fronts'; load('model.mat'); initializeoutlet

if ~exist('results','var')
	results='pycalfin_output';
end

%what the run found; take out what you do not trust
cf=calfin();
cf.load(results);
cf.fronts([cf.fronts.partial])=[];

%the mesh: that of a model, or a plain one around the fronts of the first glacier
if ~exist('md','var')
	cf.fronts=cf.fronts(strcmp({cf.fronts.domain},cf.fronts(1).domain));
	md=examplemesh(cf.contours(),str2double(strrep(cf.fronts(1).crs,'EPSG:','')),400);
end

%the front of the last date: md.mask.ice_levelset, negative on ice; where the mesh goes on over
%rock the run's own ocean polygon ends the ocean (leave withinocean out for a mesh without rock)
dates=sort({cf.fronts.date});
md=cf.initialize(md,'date',dates{end},'withinocean',true,'allowsynthetic',any([cf.fronts.synthetic]));
fprintf('%i of %i vertices are ice on %s\n',sum(md.mask.ice_levelset<0),numel(md.mask.ice_levelset),dates{end});

%with ISSM: what has no ice needs no thickness, but ISSM wants one everywhere
if isfield(md,'geometry') || isobject(md)
	bare=md.mask.ice_levelset>0;
	md.geometry.thickness(bare)=max(md.geometry.thickness(bare),1);
end

%look at it: level set, its zero line, and all observed fronts
cf.plot(md);
