"""The experiment behind a comparison: set up, fitted, and its result in numbers."""
