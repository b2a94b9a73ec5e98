"""The economy in numbers: which series, when they appear, what was known when, and what they say."""
