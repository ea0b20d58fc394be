"""From a subset to calving fronts: looks, traces, confidence, polygons."""
