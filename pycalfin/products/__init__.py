"""Everything that is written: vectors, level-1 shapefiles, figures, report."""
