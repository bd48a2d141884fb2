"""Every single-byte change of what a log stores is found by the audit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from sqlite3 import IntegrityError

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from tests.unit.log.tampering import Attacker, attacked

pytestmark = pytest.mark.property

BYTES = ("state", "signature", "keyid", "details")
TEXTS = ("originator_id", "topic")
NUMBERS = ("originator_version", "recorded_at", "rowid")


@pytest.fixture(scope="module")
def attacker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    with attacked(tmp_path_factory.mktemp("audit")) as attacker:
        assert attacker.audit().ok
        yield attacker


def flipped(value: bytes, at: int, bits: int) -> bytes:
    return value[:at] + bytes([value[at] ^ bits]) + value[at + 1 :]


def spoil(attacker: Attacker, index: int, column: str, data: st.DataObject) -> None:
    """Change one byte of one column, as the database stores it."""
    value = attacker.value(index, column)
    assume(value is not None)
    bits = data.draw(st.integers(1, 255), "bits")
    if column in NUMBERS:
        changed = value ^ (bits << 8 * data.draw(st.integers(0, 6), "byte"))
        try:
            attacker.put(index, column, changed)
        except IntegrityError:  # the place is taken; SQLite itself refuses
            assume(False)
        return
    raw = value.encode() if column in TEXTS else value
    raw = flipped(raw, data.draw(st.integers(0, len(raw) - 1), "at"), bits)
    cast = "CAST(? AS TEXT)" if column in TEXTS else "?"
    attacker.execute(f"UPDATE entries SET {column} = {cast} WHERE {{id}} = ?", [raw, index + 1])


@given(data=st.data())
@pytest.mark.parametrize("column", [*BYTES, *TEXTS, *NUMBERS])
def test_every_single_byte_change_of_an_entry_is_found(
    attacker: Attacker, column: str, data: st.DataObject
) -> None:
    """Whatever byte of whatever column of whatever row changes, the log is no longer clean,
    and a fault stands at that row (or, for its place, anywhere)."""
    log = attacker.log
    index = data.draw(st.integers(0, log.erasure_index), "index")
    # What was erased is ciphertext without a key: nobody can tell what it should be.
    assume(column != "details" or index != log.erased_index)
    try:
        spoil(attacker, index, column, data)
        found = attacker.audit().faults
        assert found
        if column != "rowid":
            assert index in {fault.index for fault in found}
    finally:
        attacker.restore()


@given(data=st.data())
def test_every_single_byte_change_of_a_manifest_is_found(
    attacker: Attacker, data: st.DataObject
) -> None:
    """Submissions and rule packs: their bytes, and the digest they are filed under."""
    rows = attacker.execute("SELECT digest, envelope FROM manifests ORDER BY digest")
    digest, content = data.draw(st.sampled_from(rows), "manifest")
    column = data.draw(st.sampled_from(["digest", "envelope"]), "column")
    raw = digest.encode() if column == "digest" else content
    bits = data.draw(st.integers(1, 127), "bits")
    raw = flipped(raw, data.draw(st.integers(0, len(raw) - 1), "at"), bits)
    value = raw.decode("ascii") if column == "digest" else raw
    try:
        attacker.execute(f"UPDATE manifests SET {column} = ? WHERE digest = ?", [value, digest])
        assert attacker.audit().faults
    finally:
        attacker.restore()


@given(data=st.data())
def test_two_entries_of_different_transactions_never_change_places_unseen(
    attacker: Attacker, data: st.DataObject
) -> None:
    """The place of an entry is held by its stream's chain and by the order of time."""
    places = st.integers(0, attacker.log.erasure_index)
    one, other = data.draw(places, "one"), data.draw(places, "other")
    keys = [
        (attacker.value(at, "recorded_at"), attacker.value(at, "originator_id"))
        for at in (one, other)
    ]
    assume(keys[0][0] != keys[1][0] or keys[0][1] == keys[1][1])
    assume(one != other)
    try:
        for old, new in ((one, -one - 1), (other, one + 1), (-one - 2, other + 1)):
            attacker.execute("UPDATE entries SET rowid = ? WHERE rowid = ?", [new, old + 1])
        assert attacker.audit().faults
    finally:
        attacker.restore()


@given(data=st.data())
def test_nothing_in_a_row_stops_the_audit(attacker: Attacker, data: st.DataObject) -> None:
    """Any value of any type in any column becomes a fault, and every row is read."""
    index = data.draw(st.integers(0, attacker.log.erasure_index), "index")
    column = data.draw(st.sampled_from([*BYTES, *TEXTS, "originator_version", "recorded_at"]))
    values = st.one_of(
        st.binary(max_size=200),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=100),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.sampled_from([b"[" * 70_000, b"{}", b"null", b'{"v":1}', b'{"boxes":[1],"v":1}\n']),
    )
    value = data.draw(values, "value")
    before = attacker.value(index, column)
    try:
        try:
            attacker.put(index, column, value)
        except sqlite3.IntegrityError:
            reject()  # another row of the stream has this number
        assume(attacker.value(index, column) != before)  # SQLite reads '1' as 1
        report = attacker.audit()
        assert index in {fault.index for fault in report.faults}
        assert report.entries == attacker.log.erasure_index + 1
    finally:
        attacker.restore()
