%IMPOSEDFRONT - a transient run whose front moves as it was observed
%
%   Set results to the output folder of a run with several dates. With a model md of your own in
%   the workspace that one is prepared and, where ISSM is on the path, solved; else the script
%   makes a mesh around the fronts and shows what ISSM would be given.
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

%when fronts were seen: the last row of the series, decimal years
trying=any([cf.fronts.synthetic]);
series=cf.makelevelset(md,'allowsynthetic',trying);
if size(series,1)==numel(md.mesh.x)
	error('calfin:nofront','%s holds fronts of one date; a front that moves needs several',results);
end
times=series(end,:);

%from the first to the last of them, a step every five days
md.timestepping.start_time=times(1);
md.timestepping.final_time=times(end);
md.timestepping.time_step=5/365;

%the front at the start, and at every date; ISSM interpolates in time
md=cf.initialize(md,'allowsynthetic',trying);

%the front goes where it was seen, whatever ice flow and calving say
md.calving.calvingrate=zeros(numel(md.mesh.x),1);
md.frontalforcings.meltingrate=zeros(numel(md.mesh.x),1);
md.transient.requested_outputs={'default','IceVolume','MaskIceLevelset'};
if own && exist('marshall','file')==2
	md=solve(md,'Transient');
end

%how much of the mesh is ice at each date
for i=1:numel(times)
	fprintf('%9.4f: %5.1f %% of the vertices are ice\n',times(i),100*mean(md.levelset.spclevelset(1:end-1,i)<0));
end
cf.plot(md);
