"""The compiled half of the backtest: small functions by idea, one loop over events. Whole won and whole shares only.

Contract: int64 throughout; no state outside the arrays that are given; chance only from `draws`, by seed and order
number.
"""
