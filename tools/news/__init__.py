"""Headlines."""
