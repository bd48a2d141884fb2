"""The list of what passed between nodes shows what the answer shows, and nothing more."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.events.across import ForeignReportReceived
from ledger.events.exchange import DisclosureReceipted, RecordDisclosed, RecordReceived
from ledger.events.records import RecordPublished
from ledger.signing.sealing import Opened
from projections.answer import Answer
from projections.passed import passed, to_json
from projections.reader import Public, Reader, Registered, answer
from tests.unit.projections.made import FIRM, R1, R2, Log, collected, opened, uid

DAY = date(2026, 3, 10)
AT = datetime(2026, 3, 10, tzinfo=UTC)
BUNDLES = ("b" * 64, "c" * 64)
OFFICER = Registered(date(2026, 3, 20), "op-1", "p", "b")


def disclosed(record: str, bundle: str, **more: Any) -> RecordDisclosed:
    facts = {"record": record, "recipient": "kinmen", "bundle": bundle}
    return RecordDisclosed.model_validate({**facts, "purpose": "p", "legal_basis": "b", **more})


def came(record: str, **more: Any) -> RecordReceived:
    facts = {"record": record, "origin": "xiamen", "bundle": BUNDLES[0], "origin_entry": "d" * 64}
    return RecordReceived.model_validate(
        {**facts, "origin_recorded_at": AT, "collected": collected(record), **more}
    )


def asked(log: Log, reader: Reader) -> Answer:
    size = len(log.entries)
    return answer(log.entries, FIRM, reader, valid_at=DAY, known_at=AT, tree_size=size)


def test_each_disclosure_with_what_was_answered_last() -> None:
    """A record that was sent twice stands twice, each with the answer to its own bundle."""
    said = {"record": R1, "recipient": "kinmen", "received_at": AT}
    verdicts = [
        DisclosureReceipted.model_validate({**said, "bundle": BUNDLES[1], "verdict": verdict})
        for verdict in ("refused", "accepted")
    ]
    log = Log().add(DAY, opened(), collected(R1))
    log.add(DAY, disclosed(R1, BUNDLES[0]), disclosed(R1, BUNDLES[1], fields=("narrative",)))
    log.add(DAY, *verdicts)
    first, second = to_json(passed(asked(log, OFFICER)))
    assert first["answered"] is None
    assert second["answered"] == {
        "verdict": "accepted",
        "received_at": "2026-03-10T00:00:00.000000Z",
    }
    assert (first["fields"], second["fields"]) == ([], ["narrative"])


@pytest.mark.parametrize(
    ("sender", "node"), [({}, "xiamen"), ({"sender": "zhangzhou"}, "zhangzhou")]
)
def test_a_received_record_names_whom_it_came_from(sender: dict[str, str], node: str) -> None:
    """The sender where it is another than the origin; the public is told of the origin alone."""
    path = ("xiamen", *sender.values())
    log = Log().add(DAY, opened(), came(R1, path=path, **sender))
    log.add(DAY, RecordPublished(record=R1, channel="site", on=DAY, basis="b"))
    (shown,) = passed(asked(log, OFFICER))
    assert (shown.direction, shown.node, shown.facts["origin"]) == ("received", node, "xiamen")
    (public,) = to_json(passed(asked(log, Public(date(2026, 3, 20)))))
    told = {name: value for name, value in public.items() if value is not None}
    assert told == {
        "record": R1,
        "direction": "received",
        "origin": "xiamen",
        "entry": 1,
        "recorded_at": public["recorded_at"],
    }


def test_the_public_is_not_told_where_records_went() -> None:
    """Nor is a body told of the records that it may not see."""
    log = Log().add(DAY, opened(), collected(R1), collected(R2, publicity="government"))
    log.add(DAY, disclosed(R1, BUNDLES[0]), disclosed(R2, BUNDLES[0]))
    assert passed(asked(log, Public(date(2026, 3, 20)))) == ()
    body = Registered(date(2026, 3, 20), "op-1", "p", "b", organisation="BODY")
    assert [one.record for one in passed(asked(log, body))] == [R1]
    assert [one.record for one in passed(asked(log, OFFICER))] == [R1, R2]


def test_what_faded_is_not_listed() -> None:
    """Once retention has ended the entry is shown by its ids only, and where it went no more."""
    log = Log().add(DAY, opened(), collected(R1)).add(DAY, disclosed(R1, BUNDLES[0]))
    late = Registered(date(2031, 3, 1), "op-1", "p", "b")
    assert passed(asked(log, OFFICER))
    assert passed(asked(log, late)) == ()


def test_a_report_is_named_and_never_in_the_answer() -> None:
    """Even where its bytes were opened: the answer has its digest and says it is attached."""
    facts = ForeignReportReceived(
        report=uid(51), issuer="i", reference="1", issued_on=DAY, digest="e" * 64, size=1,
        media_type="text/plain", received_on=DAY, purpose="p", legal_basis="b",
    )  # fmt: skip
    log = Log().add(DAY, opened()).add(DAY, facts, sealed=("content",))
    found = answer(
        log.entries,
        FIRM,
        OFFICER,
        valid_at=DAY,
        known_at=AT,
        tree_size=2,
        details={1: {"content": Opened("YQ==", bytes(32))}},
    )
    assert found.entries[-1].facts["digest"] == "e" * 64
    assert found.entries[-1].details == {}
    assert [(one.what, one.why) for one in found.masked] == [
        (f"content of report {uid(51)}", "attached")
    ]
    assert asked(log, Public(DAY)).entries == ()
