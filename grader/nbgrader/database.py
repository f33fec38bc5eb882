"""A connection to nbgrader's gradebook: one transaction, bounded waits, and errors with a way out.

nbgrader's own `Gradebook` commits after every change and makes what is missing as it is opened, so
only its tables are used here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from nbgrader.api import Base
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.messages import plain

PATIENCE = 10
"""Seconds to wait for a server, or for somebody else who is writing."""
STATEMENT = 120
"""Seconds after which PostgreSQL gives up on a single statement."""
_VERSION = "alembic_version"
_NO_DRIVER = (
    "The driver of PostgreSQL is not installed. Run `pip install 'rnn-grader[postgresql]'`."
)


@contextmanager
def opened(where: str, *, create: bool = False, write: bool = False) -> Iterator[Session]:
    """A session over the gradebook at `where`, a file or a URL, in one transaction.

    With `write`, everything is committed at the end or, after any exception, nothing is. Without,
    nothing ever is. With `create`, a file or tables that are not there are made in the same
    transaction. Raises UsageError for whatever the database cannot do.
    """
    url = _url(where)
    name = shown(where)
    file = _file(url)
    made = create and file is not None and not file.exists()
    if file is not None and not made and not file.is_file():
        raise UsageError(
            f"There is no gradebook {name}. Check the path"
            + (", or add --create to make one." if write else ".")
        )
    done = False
    try:
        engine = _engine(url, write)
        try:
            with engine.connect() as connection, connection.begin() as transaction:
                if url.get_backend_name() == "postgresql":
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
                    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT}s'")
                _check(connection, name, create=create)
                with Session(connection, autoflush=False) as session:
                    yield session
                    if write:
                        session.flush()
                if not write:
                    transaction.rollback()
            done = True
        finally:
            engine.dispose()
    except (sa.exc.SQLAlchemyError, OSError) as e:
        raise UsageError(_told(e, name)) from None
    finally:
        if made and not done and file is not None:
            file.unlink(missing_ok=True)


def shown(where: str) -> str:
    """`where` as it may be printed: without a password."""
    return plain(_url(where).render_as_string() if "://" in where else where)


def _url(where: str) -> sa.URL:
    if "://" not in where:
        return sa.URL.create("sqlite", database=where)
    try:
        url = sa.make_url(where)
        backend = url.get_backend_name()
    except (sa.exc.ArgumentError, ValueError):
        backend = ""  # the address is not repeated: there may be a password in it
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url
    if backend == "postgres":
        url = url.set(drivername="postgresql")
    elif backend != "postgresql":
        raise UsageError(
            "This is no address of a gradebook. Name a file, or write sqlite:///FILE or "
            "postgresql://USER:PASSWORD@HOST/DATABASE."
        )
    return url.set(drivername="postgresql+psycopg") if "+" not in url.drivername else url


def _file(url: sa.URL) -> Path | None:
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _engine(url: sa.URL, write: bool) -> sa.Engine:
    """An engine that gives up. Raises UsageError if there is no driver for it."""
    if url.get_backend_name() != "sqlite":
        bounds = {"connect_timeout": PATIENCE, "tcp_user_timeout": 1000 * STATEMENT}
        try:
            return sa.create_engine(url, connect_args=bounds)
        except ImportError:
            raise UsageError(_NO_DRIVER) from None
    engine = sa.create_engine(url, connect_args={"timeout": PATIENCE})

    # Python's own transactions leave out the making of tables, and begin only with a change.
    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _check(connection: sa.Connection, name: str, *, create: bool) -> None:
    """That the tables are there, and as the nbgrader installed here knows them."""
    head = ScriptDirectory(ALEMBIC_DIR).get_current_head()
    there = set(sa.inspect(connection).get_table_names())
    needed = set(Base.metadata.tables)
    if create and not needed & there:
        Base.metadata.create_all(connection)
        connection.execute(
            sa.text(f"CREATE TABLE {_VERSION} (version_num VARCHAR(32) NOT NULL)"),
        )
        connection.execute(sa.text(f"INSERT INTO {_VERSION} VALUES (:head)"), {"head": head})
        return
    if not needed & there:
        raise UsageError(
            f"{name} holds no gradebook of nbgrader. Name another, or make one with "
            "`nbgrader generate_assignment` or --create."
        )
    versions = (
        connection.execute(sa.text(f"SELECT version_num FROM {_VERSION}")).scalars().all()
        if _VERSION in there
        else []
    )
    if list(versions) != [head]:
        found = ", ".join(map(str, versions)) or "none"
        raise UsageError(
            f"{name} is of another version of nbgrader (its revision is {found}, "
            f"that of the nbgrader installed here {head}). Run `nbgrader db upgrade`, or install "
            "the nbgrader that made it."
        )
    if missing := sorted(needed - there):
        raise UsageError(f"{name} has no table {', '.join(missing)}. Restore it from a backup.")


def _told(e: Exception, name: str) -> str:
    """What to say of `e`: two sentences, of which the second is a way out."""
    cause = getattr(e, "orig", None) or e
    text = plain(" ".join(str(cause).split()))
    low = text.lower()
    if isinstance(e, sa.exc.IntegrityError):
        return f"Somebody else wrote to {name} at the same time ({text}). Run the command again."
    if "locked" in low or "lock timeout" in low or "lock_timeout" in low:
        return (
            f"{name} is in use by somebody else for more than {PATIENCE} s. "
            "Close formgrader, or wait for nbgrader to end, and run the command again."
        )
    if "not a database" in low:
        return f"{name} is no SQLite database. Check the path."
    if isinstance(e, sa.exc.OperationalError) and any(
        said in low for said in ("connect", "timeout", "resolve", "translate host")
    ):
        return f"{name} cannot be reached ({text}). Check address, name and password."
    return f"{name} cannot be used ({text}). Nothing was changed; see to it and run again."
