"""The report of a comparison: an HTML page, and a text form."""

from imbsuite.report.page import as_fragment, as_page

__all__ = ["as_fragment", "as_page"]
