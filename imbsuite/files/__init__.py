"""Resampling and sampling of tables in CSV and Parquet files, also larger than memory.

Names are loaded on first use, because writing and checking files does not require
scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbsuite.files.large.resample import ResampledFile as ResampledFile
    from imbsuite.files.large.resample import resample_file as resample_file
    from imbsuite.files.large.sample import Sample as Sample
    from imbsuite.files.large.sample import check_fits_in_memory as check_fits_in_memory
    from imbsuite.files.large.sample import sample_file as sample_file

_MODULES = {
    "ResampledFile": "large.resample",
    "Sample": "large.sample",
    "check_fits_in_memory": "large.sample",
    "resample_file": "large.resample",
    "sample_file": "large.sample",
}


# Type checkers must see the imports above and nothing else: see the package's own.
if not TYPE_CHECKING:
    __all__ = list(_MODULES)

    def __getattr__(name: str) -> Any:
        now = {"Written": "ResampledFile", "check_size": "check_fits_in_memory"}.get(
            name, name
        )
        if now not in _MODULES:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        if now != name:
            from imbsuite._warning import warn

            warn(f"imbsuite.files.{name} is now called {now}.", FutureWarning)
        return getattr(import_module(f"{__name__}.{_MODULES[now]}"), now)


def __dir__() -> list[str]:
    return sorted(_MODULES)
