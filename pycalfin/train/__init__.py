"""Training: recipes, sources, targets, losses, augmentation, fitting, a quick measurement."""
