"""Training of the `light` network: targets, losses, augmentation, fitting, a quick measurement."""
