"""What all tests have in common."""

from __future__ import annotations

from hypothesis import settings

# An example may take long on a busy machine. All else stays as hypothesis chooses it for
# where it runs: under CI, the same examples each time.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")
