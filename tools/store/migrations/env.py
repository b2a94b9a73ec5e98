"""Alembic's environment: one transaction for the whole upgrade, on the URL that the runner passes."""

from alembic import context
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from tools.store.migrate import VERSION_TABLE


def run() -> None:
    url = make_url(context.config.attributes["url"]).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, version_table=VERSION_TABLE, version_table_schema="public")
        with context.begin_transaction():
            context.run_migrations()


run()
