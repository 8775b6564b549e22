"""Displays: pictures in one style, drawn with matplotlib, which is optional."""
