%INITIALIZEOUTLET - start the model of an outlet glacier with an observed front
%
%   Set results to the output folder of a run. The script fills a model md in the workspace. If
%   there is none, it makes a mesh around the fronts, without ISSM.
%
%   Example:
%      results='fronts'; load('model.mat'); initializeoutlet

if ~exist('results','var')
	results='pycalfin_output';
end

%results of the run, here without partial fronts
cf=calfin();
cf.load(results);
cf.fronts([cf.fronts.partial])=[];

%mesh of the model, or a simple one around the fronts of the first domain
if ~exist('md','var')
	cf.fronts=cf.fronts(strcmp({cf.fronts.domain},cf.fronts(1).domain));
	md=examplemesh(cf.contours(),str2double(strrep(cf.fronts(1).crs,'EPSG:','')),400);
end

%front of the last date as md.mask.ice_levelset, negative on ice; on a mesh that covers rock,
%withinocean limits the ocean to the run's ocean polygon (leave it out for a mesh without rock)
dates=sort({cf.fronts.date});
md=cf.initialize(md,'date',dates{end},'withinocean',true,'allowsynthetic',any([cf.fronts.synthetic]));
fprintf('%i of %i vertices are ice on %s\n',sum(md.mask.ice_levelset<0),numel(md.mask.ice_levelset),dates{end});

%with ISSM: give ice-free vertices a thickness, which ISSM needs everywhere
if isfield(md,'geometry') || isobject(md)
	bare=md.mask.ice_levelset>0;
	md.geometry.thickness(bare)=max(md.geometry.thickness(bare),1);
end

%plot level set, zero line and all observed fronts
cf.plot(md);
