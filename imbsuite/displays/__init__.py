"""Displays: pictures in one style, made by matplotlib when it is there."""
