"""Two numbers that all cells know: the answer of those who have seen too little, and what a place is."""

from __future__ import annotations

import numpy as np

NAN = np.nan
NOT_NEGATIVE = 0x7FFFFFFF
"""`int(place) & NOT_NEGATIVE` is the place. The compiler, which cannot know that a place kept in a float is at least 0,
leaves out Python's counting from the end then, a third of what a step does."""
