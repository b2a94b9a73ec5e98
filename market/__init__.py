"""Market data: bars in the lake, ticks on the bus, what the book last was. Imports `domain` and `tools` only."""
