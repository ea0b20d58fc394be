"""Training: targets, losses, augmentation, fitting, a quick measurement of `light`; `calfin`."""
