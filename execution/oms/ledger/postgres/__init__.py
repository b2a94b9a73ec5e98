"""The ledger in PostgreSQL, and the only place of the OMS that knows psycopg."""
