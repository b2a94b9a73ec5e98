"""The scheduler: whose check, which research and whose report is due now, and running each of them once."""
