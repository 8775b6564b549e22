"""Tables in CSV and Parquet files, also larger than memory: resampled, or sampled from."""

from typing import TYPE_CHECKING, Any

from imbsuite._warning import warn
from imbsuite.files.large.resample import ResampledFile, resample_file
from imbsuite.files.large.sample import Sample, check_fits_in_memory, sample_file

__all__ = [
    "ResampledFile",
    "Sample",
    "check_fits_in_memory",
    "resample_file",
    "sample_file",
]

# Type checkers would accept any name of a module that defines __getattr__.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        renamed = {"Written": ResampledFile, "check_size": check_fits_in_memory}
        if name not in renamed:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        now = renamed[name].__name__
        warn(f"imbsuite.files.{name} is now called {now}.", FutureWarning)
        return renamed[name]
