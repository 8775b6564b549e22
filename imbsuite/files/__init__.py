"""Tables in CSV and Parquet files, also larger than memory: resampled, or sampled from."""

from imbsuite.files.large.resample import ResampledFile, resample_file
from imbsuite.files.large.sample import Sample, check_fits_in_memory, sample_file

__all__ = [
    "ResampledFile",
    "Sample",
    "check_fits_in_memory",
    "resample_file",
    "sample_file",
]
