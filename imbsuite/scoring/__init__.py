"""Predictions of a fitted model on one test fold, and their metrics."""
