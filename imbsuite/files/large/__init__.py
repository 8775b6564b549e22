"""Tables larger than memory, read in parts and written part by part."""
