"""Turns weights into orders that fit."""
