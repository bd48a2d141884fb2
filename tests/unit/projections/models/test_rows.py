"""Rows and tables have the same columns; sources, acts, disclosures and notices as entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from ledger.entry import Entry, SubmissionRef
from ledger.events.base import Facts
from ledger.events.disputes import ObjectionAnswered, RestitutionMade
from ledger.events.exchange import CorrectionAcknowledged, EnforcementStatusReceived
from ledger.events.records import RecordCorrected
from ledger.events.sanctions import (
    CommitmentBroken,
    CommitmentKept,
    CommitmentMade,
    IncentiveEnded,
    IncentiveGranted,
)
from ledger.events.subjects import IdentifierCorrected
from projections.models.derive import NotDerived, derive
from projections.models.governance import NOTHING_GOVERNS
from projections.models.rows import FOREVER, ROW_TYPES, Rows
from projections.models.tables import TABLES
from tests.unit.projections.liability.building import worked_case
from tests.unit.projections.made import (
    FIRM,
    O1,
    OTHER_FIRM,
    PROCURER,
    R1,
    R2,
    S1,
    SUPPLIER,
    Log,
    basic,
    collected,
    imposed,
    objected,
    opened,
    uid,
    withdrawn,
)

MARCH_2 = date(2026, 3, 2)


def derived(entries: Sequence[Entry]) -> Rows:
    return derive(entries, NOTHING_GOVERNS)


def opened_at(node: str) -> list[Entry]:
    """What the worked case enters at a node, after the subject was opened there."""
    log = worked_case().logs[node]
    first = replace(log[0], type="SubjectOpened", facts=opened())
    return [first, *(replace(each, index=each.index + 1, seq=each.seq + 1) for each in log)]


def test_each_table_has_rows_of_its_columns() -> None:
    """A row holds the values of the table's columns, in their order."""
    assert set(ROW_TYPES) == set(TABLES) == {each.name for each in fields(Rows)}
    for name, row in ROW_TYPES.items():
        made: Any = row
        assert made._fields == tuple(TABLES[name].c.keys())


def test_nothing_follows_from_nothing() -> None:
    """No entry, no row."""
    assert all(not rows for _, rows in derived([]).by_table())


def test_the_earliest_restitution_is_known_from_its_entry() -> None:
    """A later entry that names a later day changes nothing, one of an earlier day does."""
    log = Log().add(MARCH_2, opened(), collected(), imposed(S1, R1))
    for day in (8, 9, 7):
        facts = RestitutionMade(
            sanction=S1, by=PROCURER, what="compensation", on=date(2026, 3, day)
        )
        log.add(date(2026, 3, 10), facts)
    found = {
        (row.known_from, row.known_until, row.restored_on)
        for row in derived(log.entries).sanction_states
    }
    assert found == {
        (3, 4, None), (4, 6, date(2026, 3, 8)), (6, FOREVER, date(2026, 3, 7)),
    }  # fmt: skip


def test_a_source_names_all_it_came_through() -> None:
    """Supplier, organ, submission and row, document, key, body and operator of the entry."""
    log = Log().add(MARCH_2, opened(), collected())
    entries = [
        log.entries[0],
        replace(log.entries[1], keyid="c" * 64, submission=SubmissionRef("a" * 64, 7)),
    ]
    (row,) = derived(entries).sources
    assert (row.subject, row.record, row.entry, row.known_from) == (str(FIRM), R1, 1, 2)
    assert (row.supplier, row.organ, row.organisation, row.operator) == (
        SUPPLIER, SUPPLIER, SUPPLIER, "op-1",
    )  # fmt: skip
    assert (row.manifest, row.row, row.keyid) == ("a" * 64, 7, "c" * 64)
    assert row.document == "厦门示监处罚〔2026〕1号"


def test_a_sanction_is_filed_under_each_of_its_records() -> None:
    """One row a record, with enforcer and measure."""
    log = Log().add(MARCH_2, opened(), collected(), collected(R2), imposed(S1, R1, R2))
    rows = derived(log.entries).sanction_records
    assert [(row.sanction, row.record, row.enforcer) for row in rows] == [
        (S1, R1, PROCURER),
        (S1, R2, PROCURER),
    ]


def test_a_supplier_answers_for_what_it_did() -> None:
    """Collected, corrected, answered late, withdrawn, each with its cause and day."""
    log = basic().add(date(2026, 3, 20), objected())
    log.add(
        date(2026, 4, 24),
        ObjectionAnswered(
            objection=O1, supplier=SUPPLIER, finding="wrong",
            answered_on=date(2026, 4, 23), overdue_working_days=3,
        ),
        RecordCorrected.model_validate(
            {"record": R1, "changes": [{"field": "tier", "new": "minor"}],
             "cause": "own_check", "corrected_on": "2026-04-22"}
        ),
        withdrawn(),
    )  # fmt: skip
    rows = derived(log.entries).supplier_acts
    assert [(row.act, row.cause, row.on_day.isoformat()) for row in rows] == [
        ("collected", None, "2026-03-02"),
        ("answered_late", "wrong", "2026-04-23"),
        ("corrected", "own_check", "2026-04-22"),
        ("withdrawn", "wrong_subject", "2026-04-24"),
    ]
    assert {row.supplier for row in rows} == {SUPPLIER}


def test_a_wrong_code_counts_for_each_record_under_it() -> None:
    """The records of the old identifier, once, although both streams say so."""
    log = Log().add(MARCH_2, opened(), collected(), collected(R2))
    log.add(MARCH_2, opened(), subject=OTHER_FIRM)
    tie = IdentifierCorrected(
        old_subject=str(FIRM), new_subject=str(OTHER_FIRM), reason="重错码", authority="示例"
    )
    log.add(MARCH_2, tie).add(MARCH_2, tie, subject=OTHER_FIRM)
    acts = [row for row in derived(log.entries).supplier_acts if row.act == "code_corrected"]
    assert [(row.subject, row.record) for row in acts] == [(str(FIRM), R1), (str(FIRM), R2)]


@pytest.mark.parametrize(
    ("ended", "state"), [(CommitmentKept, "kept"), (CommitmentBroken, "broken")]
)
def test_a_commitment_is_open_until_it_is_kept_or_broken(ended: Any, state: str) -> None:
    """On the day that the first entry names; known from that entry on."""
    log = Log().add(
        MARCH_2,
        opened(),
        CommitmentMade(commitment=uid(9), kind="承诺", made_to=PROCURER, made_on=MARCH_2),
        ended(commitment=uid(9), on=date(2026, 5, 1)),
        CommitmentKept(commitment=uid(9), on=date(2026, 4, 1)),
    )
    rows = derived(log.entries).commitments
    assert [(r.state, r.valid_from, r.valid_until, r.known_from, r.known_until) for r in rows] == [
        ("open", MARCH_2, date.max, 2, 3),
        ("open", MARCH_2, date(2026, 5, 1), 3, FOREVER),
        (state, date(2026, 5, 1), date.max, 3, FOREVER),
    ]


def test_an_incentive_lasts_no_longer_than_it_was_granted() -> None:
    """An end after its own last day changes nothing; one before it does."""

    def granted(number: int) -> IncentiveGranted:
        return IncentiveGranted.model_validate(
            {"incentive": uid(number), "measure": "绿色通道", "basis": "示例",
             "granted_by": PROCURER, "from": MARCH_2, "until": date(2026, 6, 1)}
        )  # fmt: skip

    log = Log().add(MARCH_2, opened(), granted(1), granted(2))
    log.add(MARCH_2, IncentiveEnded(incentive=uid(1), on=date(2026, 5, 1)))
    log.add(MARCH_2, IncentiveEnded(incentive=uid(2), on=date(2026, 7, 1)))
    standing = [row for row in derived(log.entries).incentives if row.known_until == FOREVER]
    assert {row.incentive: row.valid_until for row in standing} == {
        uid(1): date(2026, 5, 1),
        uid(2): date(2026, 6, 1),
    }


def test_disclosures_and_notices_are_known_open_until_answered() -> None:
    """Told to two nodes, receipted and acknowledged, each from the entry that says so."""
    rows = derived(worked_case().logs["xiamen"])
    standing = [row for row in rows.disclosures if row.known_until == FOREVER]
    assert sorted(row.recipient for row in standing) == ["quanzhou", "zhangzhou"]
    assert all(row.receipted is not None for row in standing)
    before = [row for row in rows.disclosures if row.receipted is None]
    assert sorted(row.recipient for row in before) == ["quanzhou", "zhangzhou"]
    answered = [row for row in rows.notices if row.acknowledged is not None]
    assert {row.verdict for row in answered} == {"applied"}
    assert all(row.known_from == (row.acknowledged or 0) + 1 for row in answered)
    terms = [row for row in rows.deadlines if row.kind == "correction_notice"]
    assert {row.organisation for row in terms} == {"quanzhou", "zhangzhou"}


def told(sanction: str, state: str | None, on: date | None) -> dict[str, Any]:
    return {"sanction": sanction, "enforcer": PROCURER, "state": state, "reported_on": on}


def answered(*statuses: dict[str, Any]) -> Facts:
    return CorrectionAcknowledged.model_validate(
        {
            "notice": uid(77),
            "record": R1,
            "recipient": "quanzhou",
            "verdict": "applied",
            "statuses": statuses,
        }
    )


def test_a_sanction_at_another_node_rests_on_its_record_from_when_it_is_told_of() -> None:
    """Once, however often it is told of, with what its enforcer said last for each day."""
    received = EnforcementStatusReceived.model_validate(
        {
            "record": R1,
            "recipient": "quanzhou",
            "status": told(uid(90), "suspended", date(2026, 3, 30)),
            "attached": "e" * 64,
        }
    )
    first = answered(told(uid(90), "applied", date(2026, 3, 16)), told(uid(91), None, None))
    log = Log().add(MARCH_2, opened(), collected()).add(date(2026, 3, 24), first)
    rows = derived(log.add(date(2026, 3, 30), received).entries)
    assert [(row.sanction, row.record, row.measure, row.known_from) for row in rows.sanction_records] == [
        (uid(90), R1, "", 3),
        (uid(91), R1, "", 3),
    ]  # fmt: skip
    assert rows.sources[0].sanctioned_from == 3
    now = [row for row in rows.enforcements if row.known_until == FOREVER]
    assert [(row.sanction, row.state, row.valid_from, row.because) for row in now] == [
        (uid(90), None, date.min, (2,)),
        (uid(90), "applied", date(2026, 3, 16), (2,)),
        (uid(90), "suspended", date(2026, 3, 30), (3,)),
        (uid(91), None, date.min, (2,)),
    ]
    assert {row.reported_on for row in now} == {None, date(2026, 3, 16), date(2026, 3, 30)}
    before = [row for row in rows.enforcements if row.known_until == 4]
    assert [(row.state, row.valid_until) for row in before] == [("applied", date.max)]


def test_another_node_says_nothing_of_a_sanction_of_this_one() -> None:
    """What it names is imposed here: its rows stay those of its own entries."""
    log = basic()
    before = derived(log.entries)
    rows = derived(log.add(date(2026, 4, 2), answered(told(S1, "lifted", MARCH_2))).entries)
    assert rows.sanction_records == before.sanction_records
    assert rows.enforcements == before.enforcements


def test_a_received_record_has_its_source_and_no_supplier_act() -> None:
    """Its supplier answers to the node where it was collected; its state is told here."""
    rows = derived(opened_at("quanzhou"))
    assert [(row.record, row.supplier, row.manifest) for row in rows.sources] == [
        (R1, "JIANDU", "a" * 64)
    ]
    assert rows.supplier_acts == []
    assert "publication" not in {row.kind for row in rows.deadlines}
    last = [row.state for row in rows.record_states if row.known_until == FOREVER]
    assert last == ["withdrawn"]


def test_an_entry_that_cannot_be_followed_is_named() -> None:
    """The leaf index and the reason, so that a projection can say where it stopped."""
    log = Log().add(MARCH_2, opened()).add(MARCH_2, withdrawn())
    with pytest.raises(NotDerived) as stopped:
        derived(log.entries)
    assert stopped.value.fields["index"] == 1
