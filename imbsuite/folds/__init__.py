"""Folds of a cross-validation: stratified, with units kept together, or in time."""
