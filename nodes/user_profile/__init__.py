"""Elicits, reads back and keeps the investor profile."""
