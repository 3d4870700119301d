"""What Alembic runs around the versions; the connection, and its transaction, come from `migrations.upgrade`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
