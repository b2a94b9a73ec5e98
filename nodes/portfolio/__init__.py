"""Turns reports into weights."""
