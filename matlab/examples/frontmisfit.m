%FRONTMISFIT - misfit between the front of a model and observed fronts
%
%   Set results to the output folder of a run with several dates. The script compares the fronts
%   with md.results.TransientSolution (MaskIceLevelset and time) of a model md in the workspace. If
%   there is no model, it compares them with a front that never moves.
%
%   misfit has a row for each date: decimal year, mean distance between observed and modelled front
%   in metres (positive if the modelled front is too far advanced), and its standard deviation along
%   the front. Distances are accurate if the level set is a distance, which ISSM ensures by
%   reinitialisation.
%
%   Example:
%      results='fronts'; load('model.mat'); frontmisfit

if ~exist('results','var')
	results='pycalfin_output';
end
cf=calfin();
cf.load(results);
if ~exist('md','var')
	cf.fronts=cf.fronts(strcmp({cf.fronts.domain},cf.fronts(1).domain));
	md=examplemesh(cf.contours(),str2double(strrep(cf.fronts(1).crs,'EPSG:','')),400);
end

%observed: a level set for each date
trying=any([cf.fronts.synthetic]);
observed=cf.makelevelset(md,'allowsynthetic',trying);
if size(observed,1)==numel(md.mesh.x)
	error('calfin:nofront','%s holds fronts of one date; a comparison in time needs several',results);
end
times=observed(end,:);

%modelled: results of ISSM, else a front that stays at its first position
if (isfield(md,'results') || isobject(md)) && isfield(md.results,'TransientSolution')
	steps=md.results.TransientSolution;
else
	steps=struct('time',num2cell(times([1 end])),'MaskIceLevelset',observed(1:end-1,1));
end

%evaluate the model's level set at the points of the observed fronts
[x,y]=calfinlib.horizontal(md.mesh,'calfin:mesh');
dates=unique({cf.fronts.date});
misfit=NaN(numel(dates),3);
for i=1:numel(dates)
	front=cf.contours(dates{i});
	year=str2double(dates{i}(1:4));
	first=datenum(year,1,1); %#ok<DATNM>
	day=datenum(dates{i},'yyyy-mm-dd')-first; %#ok<DATNM>
	daysofyear=datenum(year+1,1,1)-first; %#ok<DATNM>
	%times of the columns on this day, which include the hour if it is known
	time=mean(times(times>=year+day/daysofyear & times<year+(day+1)/daysofyear));
	modelled=interp1([steps.time]',[steps.MaskIceLevelset]',time)';
	if all(isfinite(modelled))
		apart=-griddata(x,y,modelled(1:numel(x)),vertcat(front.x),vertcat(front.y));
		apart=apart(isfinite(apart));
		misfit(i,:)=[time mean(apart) std(apart)];
		fprintf('%s: %8.1f m, +- %.1f m along the front\n',dates{i},misfit(i,2:3));
	end
end

%with ISSM: the same as a cost function, with one misfit for each observed date
if exist('cflevelsetmisfit','file')==2
	md.outputdefinition.definitions={};
	for i=1:numel(times)
		md.outputdefinition.definitions{i}=cflevelsetmisfit('name',sprintf('LevelsetMisfit%i',i), ...
			'definitionstring',sprintf('Outputdefinition%i',i), ...
			'model_string','MaskIceLevelset', ...
			'observation_string','LevelsetObservation','observation',observed(1:end-1,i), ...
			'weights_string','WeightsLevelsetObservation','weights',ones(numel(md.mesh.x),1), ...
			'datatime',times(i));
	end
end
