"""Predictions of a fitted model on one test fold, and the metrics of them."""
