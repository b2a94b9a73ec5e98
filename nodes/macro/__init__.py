"""Reads the economy."""
