"""Reads charts."""
