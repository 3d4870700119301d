"""
The way from every schema that was ever released to the present one. Run by the store when it opens.

A new version is a file in `versions/`, named after its number, and the new value of HEAD; a released one is never
edited.
"""

from pathlib import Path

from sqlalchemy import Connection

from ...errors import Unavailable

HEAD = "0003"
FOLDER = Path(__file__).parent


def upgrade(connection: Connection, path: Path) -> None:
    """Bring the schema to HEAD, in the connection's transaction. Raises Unavailable for one from the future."""
    found = current(connection)
    if found == HEAD:
        return
    # Imported late: it takes a quarter of a second, and hardly any start has something to migrate.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise Unavailable(
            f"{path} was written by a newer trails (schema {found}): update trails to open it. Nothing was changed."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def current(connection: Connection) -> str | None:
    """The version of the schema, or None for an empty database."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    version: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return version
