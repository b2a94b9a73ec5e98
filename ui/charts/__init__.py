"""Charts as plotly's own JSON: pure functions from the OMS's figures to a figure and a sentence about it.

Contract: figures are plain dictionaries; plotly itself is not imported here, because a first figure through its classes
costs most of a second and 35 MiB (the tests hold every figure against those classes instead). What there are too few
figures for is left out or said to be missing, never drawn. Knows no request and asks nobody.
"""
