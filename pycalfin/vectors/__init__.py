"""Vector files, also those of strangers: what a file is, its text, its features, its areas."""
