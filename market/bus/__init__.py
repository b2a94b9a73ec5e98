"""Ticks, books, bars and signals between processes: `ports` says what a bus promises, `streams` keeps it on Redis."""
