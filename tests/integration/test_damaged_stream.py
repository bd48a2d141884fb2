"""A stream whose rows contradict each other: no answer and no decision rests on it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.integration.driving import Founded
from tests.integration.material import FIRM, OFFICER, REGISTRAR, at, by, collect
from tests.integration.test_apply import NOTICE, SANCTION

NOTICE_AGAIN = NOTICE | {"at": at("03-21")}
OBJECTION = {
    "command": "file_objection",
    "by": by(REGISTRAR),
    "record": "@R1",
    "filed_by": "subject",
    "filed_on": "2026-03-20",
    "at": at("03-20"),
}
ELSEWHERE = "subject/00000000-0000-8000-8000-000000000000"
DISPUTE = "topic IN ('ObjectionFiled:1', 'SanctionSuspended:1')"

DAMAGE = {
    "moved": f"UPDATE entries SET originator_id = '{ELSEWHERE}' WHERE {DISPUTE}",
    "removed": f"DELETE FROM entries WHERE {DISPUTE}",
    "renumbered": "UPDATE entries SET originator_version = 9 WHERE topic = 'ObjectionFiled:1'",
    "rewritten": "UPDATE entries SET state = CAST(replace(CAST(state AS TEXT), "
    "'2027-02-27', '2027-02-26') AS BLOB) WHERE topic = 'SanctionImposed:1'",
    "backdated": "UPDATE entries SET recorded_at = recorded_at - 1 WHERE topic = 'NoticeServed:1'",
}


@pytest.fixture
def disputed(embedded: Founded, tmp_path: Path) -> Founded:
    """A node with one sanction, suspended by an objection; a notice is its last entry."""
    lines = [
        collect(1, **{"as": "R1", "at": at("03-02")}),
        NOTICE | {"at": at("03-03")},
        SANCTION | {"at": at("03-09")},
        OBJECTION,
        NOTICE_AGAIN,
    ]
    done = embedded.apply(tmp_path, lines, "--labels", tmp_path / "labels.json")
    assert done.code == 0, done.out
    return embedded


def _damage(node: Founded, statement: str) -> None:
    """As whoever may write to the file could do it."""
    with sqlite3.connect(node.home / "ledger.sqlite") as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            database.execute(f"DROP TRIGGER {name}")
        assert database.execute(statement).rowcount > 0
    database.close()


@pytest.mark.parametrize("kind", sorted(DAMAGE))
def test_no_answer_rests_on_a_contradictory_stream(disputed: Founded, kind: str) -> None:
    """Whatever was moved, removed or rewritten, the sanction is never shown in force by it."""
    _damage(disputed, DAMAGE[kind])
    asked = disputed.call("history", FIRM, "--json", "--valid-at", "2026-03-25", *OFFICER)
    assert (asked.code, asked.out) == (2, "")
    assert "credit-ledger audit" in asked.err


@pytest.mark.parametrize("kind", ["moved", "removed", "renumbered"])
def test_nothing_is_decided_on_a_stream_with_a_gap(
    disputed: Founded, tmp_path: Path, kind: str
) -> None:
    """An objection that somebody hid does not let a sanction be imposed.

    Neither does the high-water mark: where it tells, nothing is decided at all.
    """
    _damage(disputed, DAMAGE[kind])
    labels = tmp_path / "labels.json"
    if kind != "removed":  # without that row there is no tree that could be marked
        disputed.mark_as_it_is()
    line = SANCTION | {"as": "S2", "measure": "limit_bidding", "at": at("03-25")}
    line |= {"starts_on": "2026-03-25"}
    done = disputed.apply(tmp_path, [line], "--labels", labels)
    if kind == "removed":
        assert (done.code, done.json["applied"]) == (1, 0)
        assert "credit-ledger audit" in done.err
        return
    assert [each["error"] for each in done.json["refused"]] == ["broken_stream"]
