"""Sorting, and what depends on the order of elements."""
