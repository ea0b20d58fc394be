function result=readnumbers(filename,names)
%READNUMBERS - read only numbers from an HDF5 file of pycalfin
%
%   result is a struct with the named datasets as double. Their dimensions are in MATLAB's order,
%   the reverse of the order in the file.
%
%   Octave's load is not safe for files of strangers, because it executes function handles in
%   them. This function reads bytes as numbers, in MATLAB and Octave. It supports only the layout
%   that pycalfin writes (bridge/README.md): datasets at the root, two dimensions, float64 or
%   uint8, little endian, contiguous, not compressed. Anything else is an error.
%
%   Usage:
%      result=calfinlib.readnumbers(filename,names);
%
%   Example:
%      result=calfinlib.readnumbers('fronts.h5',{'x','y'});

	fid=fopen(filename,'r','ieee-le');
	if fid==-1
		refuse('it cannot be opened');
	end
	cleanup=onCleanup(@() fclose(fid));
	fseek(fid,0,'eof');
	file=struct('fid',fid,'length',ftell(fid));
	known=members(file);
	result=struct();
	for i=1:numel(names)
		here=find(strcmp({known.name},names{i}));
		if numel(here)~=1
			refuse('there are %i datasets %s',numel(here),names{i});
		end
		result.(names{i})=dataset(file,known(here).address,names{i});
	end
end

function known=members(file) % {{{
	%names and addresses of the datasets at the root
	start=bytes(file,0,96);
	signature=[137 72 68 70 13 10 26 10];
	if ~isequal(start(1:8),signature)
		refuse('it is no HDF5');
	end
	if any(start([9 10 11 13])) || any(start([14 15])~=8) || number(start(25:32))~=0 || number(start(73:76))~=1
		refuse('another program or version has written this HDF5');
	end
	names=heap(file,number(start(89:96)));
	known=struct('name',{},'address',{});
	mostnodes=256;
	nodes=number(start(81:88));
	seen=0;
	while ~isempty(nodes)
		seen=seen+1;
		if seen>mostnodes
			refuse('its list of datasets has no end');
		end
		[inner,found]=node(file,nodes(1),names);
		nodes=[nodes(2:end) inner];
		known=[known found]; %#ok<AGROW>
	end
end % }}}
function text=heap(file,address) % {{{
	%names of a group, separated by zeros
	head=bytes(file,address,32);
	if ~strcmp(char(head(1:4)),'HEAP')
		refuse('its list of names is not where it should be');
	end
	text=bytes(file,number(head(25:32)),number(head(9:16)));
end % }}}
function [inner,found]=node(file,address,names) % {{{
	%read a node of the list of datasets: the nodes below it, or the datasets it lists
	inner=[];
	found=struct('name',{},'address',{});
	head=bytes(file,address,8);
	kind=char(head(1:4));
	count=number(head(7:8));
	if strcmp(kind,'TREE') && head(5)==0
		%a key precedes each child
		table=reshape(bytes(file,address+24,16*count),16,[]);
		for i=1:count
			inner(i)=number(table(9:16,i)'); %#ok<AGROW>
		end
	elseif strcmp(kind,'SNOD')
		table=reshape(bytes(file,address+8,40*count),40,[]);
		for i=1:count
			first=number(table(1:8,i)')+1;
			last=first-1+find([names(first:end) 0]==0,1);
			found(i).name=char(names(first:last-1));
			found(i).address=number(table(9:16,i)');
			link=2;
			if number(table(17:20,i)')==link
				refuse('%s is a link',found(i).name);
			end
		end
	else
		refuse('its list of datasets is not where it should be');
	end
end % }}}
function values=dataset(file,address,name) % {{{
	%read the header of a dataset, and its numbers
	space=[];
	type=[];
	layout=[];
	head=bytes(file,address,16);
	if head(1)~=1
		refuse('%s is of another kind',name);
	end
	%blocks of messages: address and length
	blocks=[address+16 number(head(9:12))];
	mostblocks=16;
	seen=0;
	while seen<size(blocks,1)
		seen=seen+1;
		if seen>mostblocks
			refuse('the header of %s has no end',name);
		end
		block=bytes(file,blocks(seen,1),blocks(seen,2));
		at=0;
		while at+8<=numel(block)
			kind=number(block(at+1:at+2));
			long=number(block(at+3:at+4));
			if at+8+long>numel(block) || (bitand(block(at+5),2) && any(kind==[1 3 8]))
				refuse('the header of %s is not as it should be',name);
			end
			message=block(at+9:at+8+long);
			switch kind
				case 1
					space=message;
				case 3
					type=message;
				case 8
					layout=message;
				case 7
					refuse('%s lies in another file',name);
				case 16
					blocks(end+1,:)=[number(message(1:8)) number(message(9:16))]; %#ok<AGROW>
			end
			at=at+8+long;
		end
	end
	values=numbers(file,name,space,type,layout);
end % }}}
function values=numbers(file,name,space,type,layout) % {{{
	%read numbers, if shape, type and address of the dataset are supported and consistent
	float64=[17 32 63 0 8 0 0 0 0 0 64 0 52 11 0 52 255 3 0 0];
	uint8s=[16 0 0 0 1 0 0 0 0 0 8 0];
	if numel(space)<24 || space(1)~=1 || space(2)~=2
		refuse('%s has other than two dimensions',name);
	end
	if numel(type)>=20 && isequal(type(1:20),float64)
		precision='double';
		width=8;
	elseif numel(type)>=12 && isequal(type(1:12),uint8s)
		precision='uint8';
		width=1;
	else
		refuse('%s holds no plain numbers',name);
	end
	contiguous=1;
	if numel(layout)<18 || layout(1)~=3 || layout(2)~=contiguous
		refuse('%s is packed, as an older pycalfin did it',name);
	end
	rows=number(space(9:16));
	columns=number(space(17:24));
	if rows*columns==0
		values=zeros(columns,rows);
		return
	end
	place=number(layout(3:10));
	if number(layout(11:18))~=rows*columns*width || place+rows*columns*width>file.length
		refuse('%s is cut short',name);
	end
	fseek(file.fid,place,'bof');
	values=fread(file.fid,[columns rows],precision);
end % }}}
function row=bytes(file,address,count) % {{{
	%read bytes of the file as a row of numbers
	if address+count>file.length
		refuse('it is cut short');
	end
	fseek(file.fid,address,'bof');
	row=fread(file.fid,[1 count],'uint8');
end % }}}
function value=number(row) % {{{
	%unsigned little-endian integer of some bytes
	value=sum(row.*256.^(0:numel(row)-1));
end % }}}
function refuse(varargin) % {{{
	%stop with a sentence
	error('calfin:badresult',varargin{:});
end % }}}
