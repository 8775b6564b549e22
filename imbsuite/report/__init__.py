"""A comparison as a page to look at: one file, no script, nothing from the network."""

from imbsuite.report.page import as_fragment, as_page

__all__ = ["as_fragment", "as_page"]
