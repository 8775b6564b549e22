"""Tables in files that are larger than memory: resampled, and sampled from."""

from imbsuite.files.large.resampling import Written, resample_file
from imbsuite.files.large.sampling import Sample, check_size, sample_file

__all__ = ["Sample", "Written", "check_size", "resample_file", "sample_file"]
