"""Facts about a table that a reviewer would mention: its columns, copies and order."""
