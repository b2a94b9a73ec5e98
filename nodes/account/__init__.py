"""What code alone answers: orders, balance, prices, history, why."""
