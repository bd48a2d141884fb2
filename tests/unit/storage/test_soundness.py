"""What is told of a store's tables, indexes and triggers."""

from __future__ import annotations

import pytest

from ledger.storage.soundness import altered_by_name, altered_sqlite

MADE = [
    "CREATE TABLE a (\n    x TEXT\n)",
    "CREATE INDEX a_x ON a (x)",
    "CREATE TRIGGER a_no BEFORE UPDATE ON a BEGIN SELECT 1; END",
    "PRAGMA user_version = 2",
]
FOUND = [
    ("table", "a", "a", "CREATE TABLE a ( x TEXT )"),
    ("index", "a_x", "a", "CREATE INDEX a_x ON a (x)"),
    ("index", "sqlite_autoindex_a_1", "a", None),
    ("trigger", "a_no", "a", "CREATE TRIGGER a_no BEFORE UPDATE ON a BEGIN SELECT 1; END"),
    ("table", "other", "other", "CREATE TABLE other (y)"),
    ("index", "other_y", "other", "CREATE INDEX other_y ON other (y)"),
]


def test_what_is_as_it_was_made_is_not_told() -> None:
    """However it is spaced, and whatever else lies in the file."""
    assert altered_sqlite(MADE, FOUND) == ((), ())


@pytest.mark.parametrize(
    ("place", "row", "expected"),
    [
        (0, ("view", "a", "a", "CREATE VIEW a AS SELECT 1"), (("a",), ())),
        (0, ("table", "a", "a", "CREATE TABLE a ( x BLOB )"), (("a",), ())),
        (1, ("index", "a_y", "a", "CREATE INDEX a_y ON a (y)"), (("a_x", "a_y"), ())),
        (3, ("trigger", "b", "a", "CREATE TRIGGER b"), ((), ("a_no", "b"))),
    ],
)
def test_what_is_missing_other_or_added_is_told(
    place: int,
    row: tuple[str, str, str, str],
    expected: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    """Each by its name, triggers apart."""
    found = [*FOUND[:place], row, *FOUND[place + 1 :]]
    assert altered_sqlite(MADE, found) == expected


def test_names_are_held_against_what_they_should_say() -> None:
    """Missing ones, other ones, and such as begin alike and are not expected."""
    found = {"index a": "sound", "index b": "other", "index x": "sound", "table y": "plain"}
    expected = {"index a": "sound", "index b": "sound", "index c": "sound"}
    assert altered_by_name(expected, found, ("index ",)) == ("index b", "index c", "index x")
