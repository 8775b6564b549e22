"""Standard errors and intervals of differences measured by cross-validation."""
