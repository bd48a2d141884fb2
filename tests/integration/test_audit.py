"""What an owner of the database does to a log, and what the audit says to it, on both stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ledger.codec import decode
from ledger.log.audit import audit
from ledger.signing.keys import new_signing_key
from tests.unit.log.small_log import SIGNING, SUPPLIER_KEY, SmallLog, manifest
from tests.unit.log.tampering import Attacker, attacked

Change = Callable[[Attacker, SmallLog], tuple[int, str]]
"""Changes the store; gives the fault that must be among those found."""

CHANGES: dict[str, Change] = {}


def change(function: Change) -> Change:
    CHANGES[function.__name__] = function
    return function


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def founded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Attacker]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with attacked(tmp_path_factory.mktemp("audit"), url) as attacker:
        yield attacker


@pytest.fixture
def attacker(founded: Attacker) -> Iterator[Attacker]:
    yield founded
    founded.restore()


def test_a_clean_log_has_no_fault(attacker: Attacker) -> None:
    """Nothing is found where nothing was changed, and every entry was read."""
    report = attacker.audit()
    assert report.faults == ()
    assert report.ok
    assert report.entries == attacker.log.store.size() > attacker.log.erasure_index


# -- one entry is changed --------------------------------------------------------


@change
def payload(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    state = attacker.value(log.record_index, "state")
    attacker.put(log.record_index, "state", state.replace(b'"fine":"3.5"', b'"fine":"0.5"'))
    return log.record_index, "bad_signature"


@change
def spelling(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    state = attacker.value(log.record_index, "state")
    attacker.put(log.record_index, "state", state.replace(b'{"actor"', b'{ "actor"'))
    return log.record_index, "not_canonical"


@change
def nonsense(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.record_index, "state", b"\xff\x00")
    return log.record_index, "unreadable"


@change
def an_enormous_payload(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.record_index, "state", b"[" * 3_000_000)
    return log.record_index, "unreadable"


@change
def an_instant_before_all_calendars(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    """Its conversion to UTC overflows."""
    state = attacker.value(log.record_index, "state")
    at = state.index(b'"recorded_at":"') + 15
    early = state[:at] + b"0001-01-01T00:00:00.000000+10:00" + state[at + 27 :]
    attacker.put(log.record_index, "state", early)
    return log.record_index, "unreadable"


@change
def a_type_unknown_to_the_vocabulary(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    state = attacker.value(log.record_index, "state")
    attacker.put(log.record_index, "state", state.replace(b"RecordCollected", b"RecordXollected"))
    return log.record_index, "unreadable"


@change
def signature(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.record_index, "signature", bytes(64))
    return log.record_index, "bad_signature"


@change
def another_entrys_signature(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(4, "signature", attacker.value(5, "signature"))
    return 4, "bad_signature"


@change
def an_empty_signature(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(4, "signature", b"")
    return 4, "bad_signature"


@change
def keyid(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.record_index, "keyid", bytes(32))
    return log.record_index, "unknown_key"


@change
def the_founding_keyid(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(0, "keyid", b"")
    return 0, "unknown_key"


@change
def stream(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.record_index, "originator_id", "subject/not-one")
    return log.record_index, "column_mismatch"


@change
def a_governing_entry_hidden_from_governance(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    key = attacker.value(5, "originator_id")
    attacker.put(5, "originator_id", key.replace("organisation", "Organisation"))
    return 5, "column_mismatch"


@change
def seq(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.record_index, "originator_version", 700)
    return log.record_index, "column_mismatch"


@change
def topic(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.record_index, "topic", "RecordWithdrawn:1")
    return log.record_index, "column_mismatch"


@change
def recorded_at(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.record_index, "recorded_at", 1)
    return log.record_index, "column_mismatch"


@change
def recorded_at_past_all_calendars(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.record_index, "recorded_at", 2**62)
    return log.record_index, "column_mismatch"


# -- the order is changed --------------------------------------------------------


@change
def a_middle_entry_deleted(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.execute("DELETE FROM entries WHERE {id} = 11")
    return 11, "index_gap"


def _move(attacker: Attacker, places: dict[int, int]) -> None:
    """Put leaf ``old`` at place ``new``, for each old and new."""
    for old, new in places.items():
        attacker.execute("UPDATE entries SET {id} = ? WHERE {id} = ?", [-(new + 1), old + 1])
    attacker.execute("UPDATE entries SET {id} = -{id} WHERE {id} < 0")


def _delete_and_close(attacker: Attacker, index: int) -> None:
    attacker.execute("DELETE FROM entries WHERE {id} = ?", [index + 1])
    (size,) = attacker.execute("SELECT MAX({id}) FROM entries")[0]
    _move(attacker, {old: old - 1 for old in range(index + 1, size)})


@change
def a_middle_entry_deleted_and_the_rest_renumbered(
    attacker: Attacker, log: SmallLog
) -> tuple[int, str]:
    """The record of a stream goes; its notice closes up, and no longer follows."""
    _delete_and_close(attacker, log.record_index)
    return log.record_index, "broken_chain"


@change
def a_middle_entry_deleted_and_all_renumbered(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    _delete_and_close(attacker, log.record_index)
    return log.record_index, "seq_gap"


@change
def the_founding_deleted(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    _delete_and_close(attacker, 0)
    return 0, "not_founded"


@change
def two_transactions_swapped(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    """The last two entries of different streams, in each other's place."""
    access = log.erasure_index - 1
    _move(attacker, {access: access + 1, access + 1: access})
    return access + 1, "time_order"


@change
def two_entries_of_a_stream_swapped(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    _move(
        attacker, {log.record_index: log.record_index + 1, log.record_index + 1: log.record_index}
    )
    return log.record_index, "seq_gap"


@change
def an_entry_doubled_at_the_end(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    index = log.erasure_index + 1
    attacker.execute(
        "INSERT INTO entries ({id}, {columns}) SELECT ?, originator_id, 900, topic, state, "
        "recorded_at, keyid, signature, details FROM entries WHERE {id} = ?",
        [index + 1, log.record_index + 1],
    )
    return index, "seq_gap"


@change
def the_founding_doubled(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    index = log.erasure_index + 1
    attacker.execute(
        "INSERT INTO entries ({id}, {columns}) SELECT ?, originator_id, 900, topic, state, "
        "recorded_at, keyid, signature, details FROM entries WHERE {id} = 1",
        [index + 1],
    )
    return index, "not_founded"


@change
def a_row_before_the_first(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.execute(
        "INSERT INTO entries ({id}, {columns}) SELECT -4, originator_id, 900, topic, state, "
        "recorded_at, keyid, signature, details FROM entries WHERE {id} = 1"
    )
    return -5, "index_gap"


@change
def all_entries_deleted(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.execute("DELETE FROM entries")
    return 0, "not_founded"


# -- what lies beside is changed --------------------------------------------------


@change
def sealed_details_dropped(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.sealed_index, "details", None)
    return log.sealed_index, "details_missing"


@change
def the_submitted_row_dropped(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(log.record_index, "details", None)
    return log.record_index, "details_missing"


@change
def a_sealed_box_damaged(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    details = attacker.value(log.sealed_index, "details")
    at = details.index(b"\n") + 20
    attacker.put(log.sealed_index, "details", details[:at] + b"AAAA" + details[at + 4 :])
    return log.sealed_index, "commitment_mismatch"


@change
def another_entrys_details(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    details = attacker.value(log.record_index, "details")
    attacker.put(log.record_index - 3, "details", details)
    return log.record_index - 3, "commitment_mismatch"


@change
def details_of_nothing_sealed(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.put(4, "details", b'{"boxes":{},"v":2}')
    return 4, "commitment_mismatch"


@change
def details_passed_off_as_erased(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    """Their key id is replaced by that of a key which was destroyed for another record."""
    details = attacker.value(log.record_index, "details")
    (erased,) = decode(log.store.stream(f"subject/{log.person}")[-1]).facts.keys  # type: ignore[attr-defined]
    own = details[details.index(b'"keys":[') + 8 :].partition(b"]")[0]
    changed = details.replace(b'"keys":[%s]' % own, b'"keys":[%d]' % erased)
    attacker.put(log.record_index, "details", changed)
    return log.record_index, "erasure_unrecorded"


@change
def a_data_key_that_never_was(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    details = attacker.value(log.record_index, "details")
    own = details[details.index(b'"keys":[') + 8 :].partition(b"]")[0]
    attacker.put(
        log.record_index, "details", details.replace(b'"keys":[%s]' % own, b'"keys":[99999]')
    )
    return log.record_index, "data_key_lost"


@change
def a_manifest_deleted(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.execute("DELETE FROM manifests WHERE digest = ?", [log.supplier_manifest])
    return log.record_index, "missing_manifest"


def _manifest(attacker: Attacker, digest: str, changed: Callable[[bytes], bytes]) -> None:
    ((content,),) = attacker.execute("SELECT envelope FROM manifests WHERE digest = ?", [digest])
    attacker.execute(
        "UPDATE manifests SET envelope = ? WHERE digest = ?", [changed(bytes(content)), digest]
    )


@change
def a_manifest_of_another_content(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    other = attacker.log.store.manifest(log.registrar_manifest)
    assert other is not None
    _manifest(attacker, log.supplier_manifest, lambda _: other)
    return log.record_index, "bad_manifest"


@change
def a_manifest_signed_by_nobody_known(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    keyid = new_signing_key(bytes(32)).keyid.encode()

    def changed(content: bytes) -> bytes:
        at = content.index(b'"keyid":"') + 9
        return content[:at] + keyid + content[at + 64 :]

    _manifest(attacker, log.supplier_manifest, changed)
    return log.record_index, "bad_manifest"


@change
def a_manifest_that_is_no_json(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    _manifest(attacker, log.supplier_manifest, lambda _: b"\xff{")
    return log.record_index, "bad_manifest"


@change
def the_rule_pack_deleted(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.execute("DELETE FROM manifests WHERE digest NOT IN (?, ?)", _submissions(log))
    return 2, "missing_rule_pack"


@change
def the_rule_pack_changed(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.execute(
        "UPDATE manifests SET envelope = ? WHERE digest NOT IN (?, ?)",
        [b"{}", *_submissions(log)],
    )
    return 2, "missing_rule_pack"


def _submissions(log: SmallLog) -> list[str]:
    return [log.supplier_manifest, log.registrar_manifest]


# -- by somebody who has the node's key ---------------------------------------------


@change
def an_entry_of_another_node(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.resign(log.record_index, _node(log), b'"node":"elsewhere"')
    return log.record_index, "wrong_node"


@change
def the_founding_of_another_node(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.resign(0, b'"name":"%s"' % log.node.name.encode(), b'"name":"elsewhere"')
    return 0, "wrong_node"


@change
def the_log_of_another_node(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    """Header and facts agree, but the store says whose it is."""
    attacker.resign(0, b':"%s"' % log.node.name.encode(), b':"elsewhere"')
    return 0, "wrong_node"


def _node(log: SmallLog) -> bytes:
    return b'"node":"%s"' % log.node.name.encode()


@change
def a_key_for_something_else(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.resign(1, b'["entries","submissions",', b'["submissions",')
    return log.record_index, "key_not_valid"


@change
def a_key_before_its_time(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.resign(1, b'"from":"2026', b'"from":"2027')
    return log.record_index, "key_not_valid"


@change
def a_payload_too_long_for_a_bundle(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    categories = b'"categories":[' + b",".join([b'"' + b"x" * 1_900 + b'"'] * 40) + b"]"
    payload = attacker.value(log.record_index, "state")
    at = payload.index(b'"decided_on"')
    start = payload.find(b'"categories":[]')
    longer = (
        payload.replace(b'"categories":[]', categories)
        if start >= 0
        else payload[:at] + categories + b"," + payload[at:]
    )
    attacker.sign(log.record_index, longer)
    return log.record_index, "unreadable"


@change
def another_commitment(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    payload = attacker.value(log.sealed_index, "state")
    at = payload.index(b'"sealed":{"identifier":"') + 24
    attacker.sign(log.sealed_index, payload[:at] + b"0" * 64 + payload[at + 64 :])
    return log.sealed_index, "commitment_mismatch"


@change
def another_supplier_than_the_manifests(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.resign(log.record_index, b'"supplier":"supplier-a"', b'"supplier":"supplier-b"')
    return log.record_index, "bad_manifest"


@change
def attested_by_another_than_the_manifest(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.resign(log.record_index, b'"attested_by":"supplier"', b'"attested_by":"registrar"')
    return log.record_index, "bad_manifest"


@change
def a_manifest_signed_before_the_key_held(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.resign(7, b'"from":"2026', b'"from":"2027')
    return log.record_index, "bad_manifest"


@change
def a_manifest_signed_by_a_key_for_entries(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    """The registrar's manifest stands under the records of the supplier without a key."""
    attacker.resign(1, b'["entries","submissions",', b'["entries",')
    return log.record_index - 3, "bad_manifest"


@change
def a_manifest_that_only_hashes_elsewhere(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    """Same supplier, key and rows, another file."""
    other = manifest(SIGNING, None, SUPPLIER_KEY, "cd" * 32)
    _manifest(attacker, log.supplier_manifest, lambda _: other.to_json())
    return log.record_index, "bad_manifest"


@change
def a_row_that_the_manifest_does_not_have(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.resign(log.record_index - 1, b'"row":7', b'"row":700')
    return log.record_index - 1, "row_mismatch"


@change
def a_row_before_the_manifests_first(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.resign(log.record_index - 1, b'"row":7', b'"row":1')
    return log.record_index - 1, "row_mismatch"


@change
def another_row_of_the_manifest(attacker: Attacker, log: SmallLog) -> tuple[int, str]:
    attacker.resign(log.record_index, b'"row":7', b'"row":3')
    return log.record_index, "row_mismatch"


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_where_it_was_made(attacker: Attacker, name: str) -> None:
    """Every kind of change gives a fault of its kind at its leaf, and nothing raises."""
    expected = CHANGES[name](attacker, attacker.log)
    assert expected in attacker.found()
    assert not attacker.audit().ok


@pytest.mark.parametrize("founded", ["sqlite"], indirect=True)
def test_a_tail_that_was_cut_off_is_found_by_the_stores_own_count(attacker: Attacker) -> None:
    """SQLite remembers the largest id that it ever gave."""
    attacker.execute("DELETE FROM entries WHERE rowid >= 28")
    size = attacker.log.store.size()
    assert (size, "truncated") in attacker.found()


@pytest.mark.parametrize("founded", ["sqlite"], indirect=True)
def test_a_text_that_the_database_cannot_read_hides_nothing_else(attacker: Attacker) -> None:
    """A column that is no UTF-8 spoils its own row, not the reading of the others."""
    attacker.execute("UPDATE entries SET topic = CAST(x'ff' AS TEXT) WHERE rowid = 10")
    attacker.put(20, "signature", bytes(64))
    report = attacker.audit()
    assert {(9, "unreadable"), (20, "bad_signature")} <= attacker.found()
    assert report.entries == attacker.log.store.size() - 1


def test_a_fault_does_not_spread_along_its_stream(attacker: Attacker) -> None:
    """A bad signature is one fault: what follows it is still judged by itself."""
    attacker.put(5, "signature", bytes(64))
    assert attacker.found() == {(5, "bad_signature"), *_without_organisation(attacker)}


def _without_organisation(attacker: Attacker) -> set[tuple[int, str]]:
    """The first supplier's admission is not believed: neither are its key and its files."""
    signed = {
        stored.index
        for stored in attacker.log.store.scan()
        if attacker.log.supplier_manifest.encode() in stored.state
    }
    return {(7, "unreadable")} | {(index, "bad_manifest") for index in signed}


def test_a_pinned_key_must_have_founded_the_log(attacker: Attacker) -> None:
    """With trusted keys the first key is not taken on first use."""
    log = attacker.log
    pinned = [log.node.signing_key.public]
    assert audit(log.store, log.node.data_keys, trusted_keys=pinned).ok
    stranger = [new_signing_key(bytes(32)).public]
    report = audit(log.store, log.node.data_keys, trusted_keys=stranger)
    assert (0, "unknown_key") in {(fault.index, fault.kind) for fault in report.faults}


def test_progress_ends_at_the_size_of_the_log(attacker: Attacker) -> None:
    """Progress is told in rows read and rows there are."""
    told: list[tuple[int, int]] = []
    audit(attacker.log.store, None, progress=lambda done, total: told.append((done, total)))
    size = attacker.log.store.size()
    assert told[-1] == (size, size)


def test_sealed_details_are_checked_for_their_form_without_data_keys(attacker: Attacker) -> None:
    """An auditor without the data keys audits everything but the sealed values."""
    assert audit(attacker.log.store, None).ok
    attacker.put(attacker.log.sealed_index, "details", b"{}")
    faults = audit(attacker.log.store, None).faults
    assert [(fault.index, fault.kind) for fault in faults] == [
        (attacker.log.sealed_index, "commitment_mismatch")
    ]
