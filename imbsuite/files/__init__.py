"""Tables in files that are larger than memory: resampled, and sampled from."""

from imbsuite.files.resampling import Written, resample_file

__all__ = ["Written", "resample_file"]
