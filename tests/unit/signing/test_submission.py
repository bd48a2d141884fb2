"""Signed submissions: the manifest, its file, and the proof of one row."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from ledger.errors import LedgerError, UnusableInput
from ledger.signing import dsse
from ledger.signing import submission as m
from ledger.signing.base64text import encode
from ledger.signing.canonical import canonical
from ledger.signing.dsse import Envelope
from ledger.signing.keys import new_signing_key
from ledger.signing.submission import Manifest

KEY = new_signing_key(bytes(range(32)))
FILE = sha256(b"the file").hexdigest()
ROWS = [{"XDR_MC": "厦门某公司", "WSH": "1"}, {}, {"XDR_MC": "", "WSH": "3"}]
SALTS = [sha256(bytes([n])).digest() for n in range(3)]
MANIFEST = Manifest(
    supplier="91350200M0001ABC",
    file=FILE,
    template="penalty",
    attested_by="supplier",
    operator=None,
    rows=tuple(map(m.row_commitment, SALTS, ROWS)),
)
ENVELOPE = m.sign_manifest(KEY, MANIFEST)


def test_a_row_commitment_is_made_of_domain_salt_and_canonical_cells() -> None:
    """The bytes are those of the design, written out here by hand."""
    by_hand = sha256(b"credit-ledger/row/v1" + SALTS[0] + '{"A":"厦"}'.encode()).digest()
    assert m.row_commitment(SALTS[0], {"A": "厦"}) == by_hand


def test_a_manifest_is_signed_canonically_and_read_back() -> None:
    """The payload has the agreed members, and a verified one is the manifest signed."""
    assert json.loads(ENVELOPE.payload) == {
        "v": 1,
        "supplier": "91350200M0001ABC",
        "file": FILE,
        "template": "penalty",
        "attested_by": "supplier",
        "operator": None,
        "first_row": 2,
        "rows": [encode(row) for row in MANIFEST.rows],
    }
    assert m.verify_manifest(ENVELOPE, KEY.public) == MANIFEST
    assert m.manifest_digest(ENVELOPE) == sha256(ENVELOPE.payload).hexdigest()
    assert m.sign_manifest(KEY, MANIFEST) == ENVELOPE


def test_an_unverified_manifest_is_not_read() -> None:
    """Another key, another payload type or another payload give nothing."""
    other = new_signing_key(bytes(32))
    assert m.verify_manifest(ENVELOPE, other.public) is None
    assert m.verify_manifest(replace(ENVELOPE, payload=b"no manifest"), KEY.public) is None
    notice = Envelope.signed(KEY, dsse.NOTICE, MANIFEST.payload())
    assert m.verify_manifest(notice, KEY.public) is None


def test_one_row_is_proved_without_the_others() -> None:
    """A row fits its number, its salt and its exact cells, and nothing else."""
    for at, (salt, cells) in enumerate(zip(SALTS, ROWS, strict=True)):
        assert m.row_matches(MANIFEST, at + 2, salt, cells)
        assert not m.row_matches(MANIFEST, at + 3, salt, cells)
        assert not m.row_matches(MANIFEST, at + 1, salt, cells)
        assert not m.row_matches(MANIFEST, at + 2, salt, cells | {"BZ": ""})
        assert not m.row_matches(MANIFEST, at + 2, salt[:-1], cells)
    assert MANIFEST.commitment_of(1) is MANIFEST.commitment_of(5) is None


def test_derived_salts_depend_on_key_file_and_row() -> None:
    """The same file gives the same salts, any other row, file or key gives others."""
    key = bytes(32)
    by_hand = hmac.new(
        key, b"credit-ledger/row-salt/v1" + bytes.fromhex(FILE) + (2).to_bytes(8, "big"), sha256
    ).digest()
    salt_of = m.row_salts(key, FILE)
    assert salt_of(2) == salt_of(2) == m.row_salts(key, FILE)(2) == by_hand
    others = [salt_of(3), m.row_salts(b"1" * 32, FILE)(2), m.row_salts(key, "0" * 64)(2)]
    assert len({by_hand, *others}) == 4


def test_a_manifest_file_keeps_salts_beside_the_signed_part() -> None:
    """The file is read back byte for byte, and no salt stands in what is signed."""
    data = m.write_manifest_file(ENVELOPE, SALTS)
    assert data.endswith(b"}\n")
    for text in (data, data[:-1]):
        assert m.parse_manifest_file(text) == m.ManifestFile(ENVELOPE, tuple(SALTS))
    assert not any(encode(salt).encode() in ENVELOPE.payload for salt in SALTS)


@pytest.mark.parametrize(
    "changes",
    [
        {"attested_by": "registrar"},
        {"operator": "op-1"},
        {"supplier": ""},
        {"supplier": "x" * 129},
        {"file": "0" * 63},
        {"file": "A" * 64},
        {"template": "other"},
        {"attested_by": "nobody"},
        {"attested_by": "registrar", "operator": ""},
        {"first_row": 0},
        {"first_row": True},
        {"v": 2},
        {"v": True},
        {"rows": ["AA=="]},
        {"rows": [7]},
        {"rows": {}},
        {"extra": 1},
    ],
)
def test_a_signed_manifest_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    """A key's holder cannot make us read what we would not have written."""
    payload = canonical(json.loads(ENVELOPE.payload) | changes)
    with pytest.raises(UnusableInput):
        m.verify_manifest(Envelope.signed(KEY, dsse.SUBMISSION, payload), KEY.public)


@pytest.mark.parametrize(
    "changes",
    [
        {"operator": "op-1"},
        {"attested_by": "registrar"},
        {"file": "x"},
        {"supplier": "x" * 129},
        {"first_row": 0},
    ],
)
def test_what_could_not_be_read_is_not_signed(changes: dict[str, Any]) -> None:
    """A manifest that a reader would refuse is refused before it is signed."""
    with pytest.raises(m.ManifestMalformed):
        m.sign_manifest(KEY, replace(MANIFEST, **changes))
    registrars = replace(MANIFEST, attested_by="registrar", operator="op-1")
    assert Manifest.parse(registrars.payload()) == registrars


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(format="x"),
        lambda d: d.update(extra=1),
        lambda d: d.pop("salts"),
        lambda d: d.update(salts={}),
        lambda d: d["salts"].append("AA=="),
        lambda d: d.update(envelope=1),
        lambda d: d["envelope"].update(payloadType=dsse.NOTICE),
    ],
)
def test_another_manifest_file_is_refused(change: Change) -> None:
    """Unknown members, missing ones and other envelopes are typed errors."""
    document = json.loads(m.write_manifest_file(ENVELOPE, SALTS))
    change(document)
    with pytest.raises(UnusableInput):
        m.parse_manifest_file(canonical(document))


@pytest.mark.parametrize("data", [b"", b"\n", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_manifest_file_is_refused(data: bytes) -> None:
    """Foreign bytes are a typed error."""
    with pytest.raises(UnusableInput):
        m.parse_manifest_file(data)


def test_a_manifest_has_a_limit_of_rows_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than the limit are neither signed nor read; a longer file is not parsed."""
    monkeypatch.setattr(m, "MAX_ROWS", 2)
    for call in (
        MANIFEST.payload,
        lambda: Manifest.parse(ENVELOPE.payload),
        lambda: m.parse_manifest_file(m.write_manifest_file(ENVELOPE, SALTS)),
    ):
        with pytest.raises(m.SubmissionTooLong):
            call()
    monkeypatch.setattr(m, "MAX_MANIFEST_FILE_BYTES", 100)
    with pytest.raises(LedgerError) as caught:
        m.parse_manifest_file(m.write_manifest_file(ENVELOPE, SALTS))
    assert caught.value.code == "json_too_long"


def test_the_limit_of_bytes_has_room_for_the_limit_of_rows() -> None:
    """A manifest of as many rows as allowed fits the bytes allowed, file and payload."""
    row = len(b',"' + encode(bytes(32)).encode() + b'"')
    payload = len(MANIFEST.payload()) + m.MAX_ROWS * row + 2 * 6 * m.MAX_TEXT
    assert payload <= m.MAX_MANIFEST_BYTES
    file = len(m.write_manifest_file(ENVELOPE, SALTS)) + payload * 4 / 3 + m.MAX_ROWS * row
    assert file <= m.MAX_MANIFEST_FILE_BYTES
