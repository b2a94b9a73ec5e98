"""The ledger in memory: what PostgreSQL promises its transactions, without PostgreSQL.

Contract: the port's, and deterministic: no thread, no wall clock, no chance, no order that a hash decides. `database`
is the server with its faults, `people` writes what the desk and its people write, `storage` is one process's adapter.
"""
