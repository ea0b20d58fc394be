"""Training: recipes, sources, targets, losses, augmentation, fitting and a quick evaluation."""
