"""The ledger as the OMS sees it: rows, one fenced transaction, narrow repositories. PostgreSQL is behind it alone."""
