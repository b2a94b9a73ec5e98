"""A paper exchange that speaks the KIS wire protocol, as its own process.

Contract: `python -m simulation.exchange --port P …` serves REST and WebSocket on one port; clients written against
KIS work unchanged. Imports `domain` only; shares no code with the KIS adapter it is a test of.
Inside, pure parts (tape, history, matching, ledger, rules) sit beside thin I/O (app, ws, journal).
"""
