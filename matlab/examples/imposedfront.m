%IMPOSEDFRONT - a transient run with the observed motion of the front
%
%   Set results to the output folder of a run with several dates. The script prepares a model md in
%   the workspace, and solves it if ISSM is on the path. If there is no model, it makes a mesh
%   around the fronts and shows the input for ISSM.
%
%   Example:
%      results='fronts'; load('model.mat'); imposedfront

if ~exist('results','var')
	results='pycalfin_output';
end
cf=calfin();
cf.load(results);
own=exist('md','var');
if ~own
	cf.fronts=cf.fronts(strcmp({cf.fronts.domain},cf.fronts(1).domain));
	md=examplemesh(cf.contours(),str2double(strrep(cf.fronts(1).crs,'EPSG:','')),400);
end

%times of the fronts: the last row of the series, in decimal years
trying=any([cf.fronts.synthetic]);
series=cf.makelevelset(md,'allowsynthetic',trying);
if size(series,1)==numel(md.mesh.x)
	error('calfin:nofront','%s holds fronts of one date; a front that moves needs several',results);
end
times=series(end,:);

%run from the first to the last of them, in steps of five days
md.timestepping.start_time=times(1);
md.timestepping.final_time=times(end);
md.timestepping.time_step=5/365;

%front at the start and at each date; ISSM interpolates in time
md=cf.initialize(md,'allowsynthetic',trying);

%the front is prescribed, so calving and melting are off
md.calving.calvingrate=zeros(numel(md.mesh.x),1);
md.frontalforcings.meltingrate=zeros(numel(md.mesh.x),1);
md.transient.requested_outputs={'default','IceVolume','MaskIceLevelset'};
if own && exist('marshall','file')==2
	md=solve(md,'Transient');
end

%share of vertices with ice at each date
for i=1:numel(times)
	fprintf('%9.4f: %5.1f %% of the vertices are ice\n',times(i),100*mean(md.levelset.spclevelset(1:end-1,i)<0));
end
cf.plot(md);
