"""From a comparison to one classifier: decisions, selection rules, the final estimator."""
