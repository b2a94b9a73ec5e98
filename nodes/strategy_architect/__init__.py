"""Fits a strategy to a profile and reads it back."""
