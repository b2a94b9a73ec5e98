"""The ledger as the OMS sees it: a port, its rows, and two adapters, PostgreSQL and in memory."""
