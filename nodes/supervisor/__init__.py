"""Chooses the goal of a turn."""
