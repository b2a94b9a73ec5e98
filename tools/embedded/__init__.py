"""PostgreSQL and Valkey without a server to install; `services` is the door."""
