"""Turns blocks into the reply."""
