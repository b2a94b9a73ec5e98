"""Stops that work when model, web and scheduler are dead: one small process that watches prices and asks the OMS."""
