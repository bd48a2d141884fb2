"""What a store says of itself beside its rows: whether it is built, and indexed, as it was made.

Answers are read through an index of the keys, the audit reads the rows in their order. Where
the two differ, an answer leaves an entry out, or shows it elsewhere, and every row is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

MAX_MISFILED: Final = 1_000
"""Rows told of; as many are told as faults of one kind."""

MAX_OBJECTS: Final = 10_000
"""Tables, indexes and triggers looked at; a store has some thirty."""

_CREATE: Final = re.compile(r"CREATE (TABLE|INDEX|TRIGGER) (\w+)", re.ASCII)


class Misfiled(NamedTuple):
    """What the index of the keys leads to, held against the rows."""

    indexes: tuple[int, ...]
    """Leaves that it does not lead to by their own key; some of them."""
    rows: int
    filed: int
    """How many rows the table has, and how many the index; at one instant."""
    other: tuple[str, ...] = ()
    """What is wrong with other tables, in the words of the database."""


class Altered(NamedTuple):
    """Names of what is not as this program makes it: missing, other, or added."""

    parts: tuple[str, ...]
    """Tables, and indexes of them."""
    triggers: tuple[str, ...]


def altered_sqlite(made: Iterable[str], found: Iterable[tuple[Any, ...]]) -> Altered:
    """``made``: the statements of the schema; ``found``: type, name, table and statement."""
    expected: dict[tuple[str, str], str] = {}
    for statement in made:
        if (match := _CREATE.match(statement.strip())) is not None:
            expected[match[1].lower(), match[2]] = _spelled(statement)
    tables = {name for kind, name in expected if kind == "table"}
    there: dict[tuple[str, str], str] = {}
    added: dict[str, list[str]] = {"index": [], "trigger": []}
    for kind, name, table, statement in found:
        if (kind, name) in expected:
            there[kind, name] = _spelled(str(statement))
        elif kind in added and table in tables and statement is not None:
            added[kind].append(str(name))
    wrong = [key for key, spelled in expected.items() if there.get(key) != spelled]
    parts = [name for kind, name in wrong if kind != "trigger"]
    triggers = [name for kind, name in wrong if kind == "trigger"]
    return Altered(
        tuple(sorted([*parts, *added["index"]])), tuple(sorted([*triggers, *added["trigger"]]))
    )


def altered_by_name(
    expected: Mapping[str, str], found: Mapping[str, str], prefixes: tuple[str, ...]
) -> tuple[str, ...]:
    """Names that say something else than expected, are missing, or begin so and are not expected."""
    wrong = {name for name, said in expected.items() if found.get(name) != said}
    wrong |= {name for name in found.keys() - expected.keys() if name.startswith(prefixes)}
    return tuple(sorted(wrong))


def _spelled(statement: str) -> str:
    return " ".join(statement.split())
