"""Macro series."""
