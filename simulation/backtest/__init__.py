"""Backtests: a strategy lived through on history, with Korean costs and rules, many names and one purse.

Contract: imports `domain` alone; takes bars and a spec and answers a `Result`. The past is no promise, and every result
carries its own weaknesses.
"""
