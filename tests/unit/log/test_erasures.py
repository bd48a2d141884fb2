"""Which data keys may lock what of a received record."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from ledger.entry import Entry
from ledger.events.across import ForeignReportReceived
from ledger.events.exchange import RecordReceived
from ledger.log.erasures import Erasures, belongs
from ledger.log.faults import FaultList
from ledger.signing.data_keys import DataKeys
from tests.unit.projections.made import R1, R2, collected
from tests.unit.subject.made import DIGEST, SUBJECT, entry

AT = datetime(2026, 3, 10, tzinfo=UTC)
PERSON = UUID(int=7)


def received() -> Entry:
    return entry(
        RecordReceived(
            record=R1,
            origin="xiamen",
            bundle=DIGEST,
            origin_entry=DIGEST,
            origin_recorded_at=AT,
            collected=collected(),
        )
    )


def test_a_received_record_is_locked_as_a_collected_one() -> None:
    """Under its own key first, its parties under those of the persons in them as well."""
    one = received()
    assert belongs(f"record:{R1}", one, "narrative", first=True)
    assert not belongs(f"record:{R2}", one, "narrative", first=True)
    assert belongs(f"person:{PERSON}/{SUBJECT}", one, "parties", first=False)
    assert not belongs(f"person:{PERSON}/{PERSON}", one, "parties", first=False)
    assert not belongs(f"person:{PERSON}/{SUBJECT}", one, "narrative", first=False)


def test_a_destroyed_key_of_another_record_is_told(tmp_path: Path) -> None:
    """A received record rests on no key but its own."""
    faults = FaultList()
    keys = DataKeys.create(tmp_path / "keys", bytes(32), clock=lambda: AT, entropy=bytes)
    Erasures(keys, None, faults).destroyed(received(), "narrative", 3, f"record:{R2}")
    (found,) = faults.kept
    assert (found.kind, "of another record" in found.detail) == ("erasure_unrecorded", True)


def test_a_foreign_report_is_locked_under_its_own_key_alone() -> None:
    """No erasure of a record, a person or the subject reaches it, nor it them."""
    facts = ForeignReportReceived(
        report=R2, issuer="i", reference="1", issued_on=AT.date(), digest=DIGEST, size=1,
        media_type="text/plain", received_on=AT.date(), purpose="p", legal_basis="b",
    )  # fmt: skip
    one = entry(facts)
    assert belongs(f"report:{R2}", one, "content", first=True)
    for owner in (f"report:{R1}", f"record:{R2}", f"subject:{SUBJECT}"):
        assert not belongs(owner, one, "content", first=True)
    assert not belongs(f"report:{R2}", received(), "narrative", first=True)
