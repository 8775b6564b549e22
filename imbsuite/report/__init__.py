"""The report of a comparison, as an HTML page and as text."""

from imbsuite.report.page import as_fragment, as_page

__all__ = ["as_fragment", "as_page"]
