function [fronts,document]=readresult(filename)
%READRESULT - read the results of a run from its fronts.h5
%
%   fronts is a 1xN struct array, 1x0 without fronts. It holds ISSM contours with additional
%   fields. x and y are in the coordinate reference system crs. The ocean lies on the left when
%   walking along a front.
%      name         <domain>_<date>[_<n>]
%      nods         number of points
%      density      1
%      x, y         nods x 1
%      closed       0: a front is an open line
%      id           stable hash of scene, domain, number and settings
%      crs          'EPSG:n'; empty for an image without a georeference
%      date, time   'YYYY-MM-DD' and 'HH:MM:SS' (UTC), empty if unknown
%      scene, domain, subset
%      number       number of the front within its subset, from 1
%      pixels       nods x 2, row and column in the subset, 0 at the first pixel's centre
%      confidence   0 to 1
%      uncertainty  nods x 1, one standard deviation, ground metres
%      uncertain_end 0: no end is far less certain than the rest, 1: the first, 2: the last, 3: both
%      quality      CALFIN's QualFlag: 0 manual, 10 automatic, +3 with SLC off
%      partial      true if the front leaves the image, or ends at a cloud or a gap
%      synthetic    true if the scene is synthetic and the front not an observation
%      sensor, network
%      length       ground metres
%      figure       path of the overlay for quality assurance, '' if figures were not kept
%
%   document holds all other content: settings, versions, counts, report, pairs.
%
%   Usage:
%      [fronts,document]=calfinlib.readresult('DIR/fronts.h5');

	contract=1;
	if exist(filename,'file')~=2
		error('calfin:noresult',['%s: no such file; give the output folder of a finished run' ...
			' (run again if an older pycalfin wrote it; finished scenes are kept)'],filename);
	end
	[found,document]=opened(filename);
	if ~isequal(found,contract)
		error('calfin:contract',['%s: written for version %g of the contract, but this calfin.m' ...
			' needs version %g; use the calfin.m in the folder that `pycalfin matlab-path` prints'], ...
			filename,found,contract);
	end
	try
		requireinside(document.report);
		fronts=assembled(filename,document);
	catch problem
		damaged(filename,problem);
	end
end

function [contract,document]=opened(filename) % {{{
	%read version and document
	try
		data=calfinlib.readnumbers(filename,{'contract','document'});
		contract=data.contract;
		document=jsondecode(native2unicode(uint8(data.document(:)'),'UTF-8'));
	catch problem
		damaged(filename,problem);
	end
end % }}}
function damaged(filename,problem) % {{{
	%report a damaged file
	error('calfin:badresult',['%s: a damaged file, or not one of pycalfin (%s); run again, finished scenes are' ...
		' kept'],filename,strtrim(problem.message));
end % }}}
function fronts=assembled(filename,document) % {{{
	%make a struct for each front
	fields={'name','nods','density','x','y','closed','id','crs','date','time','scene','domain', ...
		'subset','number','pixels','confidence','uncertainty','uncertain_end','quality','partial', ...
		'synthetic','sensor','network','length','figure'};
	described=document.fronts;
	fronts=cell2struct(cell(numel(fields),0),fields,1)';
	if isempty(described)
		return
	end
	names={'count','x','y','row','column','uncertainty'};
	data=calfinlib.readnumbers(filename,names);
	if numel(data.count)~=numel(described) || sum(data.count)~=numel(data.x)
		error('calfin:badresult','text and numbers do not fit together');
	end
	%files of earlier versions do not tell
	if ~isfield(described,'uncertain_end')
		[described.uncertain_end]=deal(0);
	end
	%fill field by field: appending 2000 fronts one by one would take half a minute
	table=cell(numel(fields),numel(described));
	numbers={'nods','density','x','y','closed','pixels','uncertainty'};
	for i=find(~ismember(fields,numbers))
		table(i,:)=astext({described.(fields{i})});
	end
	%fronts without kept figures name none
	figures={described.figure};
	cellfun(@requireinside,figures(~cellfun('isempty',figures)));
	count=data.count(:)';
	table(strcmp(fields,'nods'),:)=num2cell(count);
	table(strcmp(fields,'density'),:)={1};
	table(strcmp(fields,'closed'),:)={0};
	for name={'x','y','uncertainty'}
		table(strcmp(fields,name{1}),:)=mat2cell(data.(name{1})(:),count,1)';
	end
	table(strcmp(fields,'pixels'),:)=mat2cell([data.row(:) data.column(:)],count,2)';
	fronts=cell2struct(table,fields,1)';
end % }}}
function values=astext(values) % {{{
	%replace JSON's null by empty text, and control characters by '?'
	values(cellfun('isempty',values))={''};
	texts=cellfun('isclass',values,'char');
	values(texts)=cellfun(@calfinlib.printable,values(texts),'UniformOutput',false);
end % }}}
function requireinside(path) % {{{
	%refuse the path of a figure or report outside the folder of the run
	if ~ischar(path) || isempty(path) || ~isempty(regexp(path,'^([\\/]|[A-Za-z]:)|(^|[\\/])\.\.([\\/]|$)','once'))
		error('calfin:badresult','it names a file outside the folder of the run');
	end
end % }}}
