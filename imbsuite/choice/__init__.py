"""From a comparison to one classifier: decisions, rules of choice, the final estimator."""
