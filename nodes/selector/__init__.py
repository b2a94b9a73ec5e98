"""Picks names worth a look."""
