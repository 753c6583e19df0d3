"""Tools for authors: check, coverage, evaluate."""
