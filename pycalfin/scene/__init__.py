"""From files to enhanced subsets."""
