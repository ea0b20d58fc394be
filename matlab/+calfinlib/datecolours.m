function [colours,limits,shades]=datecolours(dates)
%DATECOLOURS - a colour for each date, dark for early dates and bright for late ones
%
%   dates is a cell array of texts YYYY-MM-DD; an empty date gives black. limits are the first and
%   last day (datenum), NaN if there is none. shades is the colour map.
%
%   Usage:
%      [colours,limits]=calfinlib.datecolours({cf.fronts.date});

	days=NaN(1,numel(dates));
	for i=1:numel(dates)
		if ~isempty(dates{i})
			days(i)=datenum(dates{i},'yyyy-mm-dd'); %#ok<DATNM>
		end
	end
	limits=[min(days) max(days)];
	if isempty(days)
		limits=[NaN NaN];
	end
	%dark blue to orange: brightness increases for prints in grey, and all are visible on white
	anchors=[0.07 0.10 0.35; 0.16 0.33 0.60; 0.25 0.55 0.58; 0.60 0.62 0.35; 0.93 0.60 0.15];
	shades=interp1(linspace(0,1,size(anchors,1)),anchors,linspace(0,1,64));
	colours=zeros(numel(dates),3);
	for i=find(isfinite(days))
		share=1;
		if limits(2)>limits(1)
			share=(days(i)-limits(1))/(limits(2)-limits(1));
		end
		colours(i,:)=shades(1+round(share*(size(shades,1)-1)),:);
	end
end
