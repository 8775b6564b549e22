"""Gaussians of classes: estimated, calibrated by larger classes, and sampled."""
