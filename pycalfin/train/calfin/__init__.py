"""Training of CALFIN's network as published: targets, augmentation, loss and fitting."""
