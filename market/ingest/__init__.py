"""Prints as they come → ordered, told apart, gaps marked → the bus and the snapshots."""
