"""From a subset to calving fronts: views, traces, confidence, polygons."""
