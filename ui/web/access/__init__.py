"""Who may come in: sessions, passwords, one-time links, attempts, and the guard in front of everything."""
