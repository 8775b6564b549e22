"""An experiment: its setup, its fits, and the result with its statistics."""
