"""Building blocks of indicators: small memories that live inside the one state array of a kernel.

Contract: a cell takes (state, at, x, n), owns state[at : at + its `_size(n)`], starts from zeros and answers NaN until
it has seen enough. Given NaN it answers NaN and remembers nothing, so an undefined value is left out and never poisons
what follows. `at` and `n` are whole numbers. Seeding and the order of additions are TA-Lib's, so that values equal
TA-Lib's, and running sums of whole won are exact. A cell is called once a bar, but for those that say they only look.
Does not know bars or parameters: a kernel lays its cells out one after another.
"""
