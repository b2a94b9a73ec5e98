"""Receipts: who writes them, from what, and how they are checked and replayed."""
