"""Bars: the only store of them, what fills it, and minute bars built from ticks."""
