"""What log and witness send each other: requests, cosignatures, sizes."""

from __future__ import annotations

import pytest

from ledger.errors import UnusableInput
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.note import (
    MAX_SIGNATURES,
    NoteSignature,
    NoteSignatureFails,
    NoteUnsigned,
    sign_text,
)
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.log.witness_protocol import (
    MAX_REQUEST_BYTES,
    SIZE_CONTENT_TYPE,
    AddCheckpoint,
    WitnessRequestMalformed,
    WitnessResponseMalformed,
    conflict_bytes,
    cosignatures_bytes,
    parse_conflict,
    parse_cosignatures,
    verified_cosignatures,
)
from ledger.signing.keys import new_signing_key

LOG, WITNESS = new_signing_key(bytes(32)), new_signing_key(b"w" * 32)
BODY = Checkpoint("log.example", 20852163, bytes(32))
CHECKPOINT = SignedCheckpoint.signed(BODY, LOG)
KNOWN = VerifierKey.from_raw("w.example", WITNESS.public, SignatureType.COSIGNATURE)
HASHES = tuple(bytes([n] * 32) for n in range(3))
REQUEST = AddCheckpoint(20852014, HASHES, CHECKPOINT)
DATA = REQUEST.to_bytes()
HEAD, NOTE = DATA.split(b"\n\n", 1)
LINE = BODY.cosign("w.example", WITNESS, 1679315147)


def test_a_request_is_laid_out_as_specified() -> None:
    """Old size, hashes, an empty line, the checkpoint verbatim."""
    assert AddCheckpoint(0, (), CHECKPOINT).to_bytes() == b"old 0\n\n" + CHECKPOINT.to_bytes()
    assert DATA.startswith(b"old 20852014\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAQEB")


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST,
        AddCheckpoint(0, (), CHECKPOINT),
        AddCheckpoint(2**63 - 1, HASHES * 21, CHECKPOINT),
    ],
)
def test_a_request_survives_its_bytes(request_: AddCheckpoint) -> None:
    """From no hash to 63 of them: read back as written."""
    assert AddCheckpoint.parse(request_.to_bytes()) == request_


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEAD,
        HEAD + b"\n\n",
        NOTE,
        b"\n" + DATA,
        DATA[:-1],
        DATA + b"\n",
        DATA.replace(b"\n", b"\r\n"),
        DATA.replace(b"\n\n", b"\n\n\n", 1),
        DATA.replace(b"\n\n", b"\n", 1),
        DATA.replace(b"old ", b"old"),
        DATA.replace(b"old ", b"old  "),
        DATA.replace(b"old ", b"OLD "),
        DATA.replace(b"old 2", b"old 02"),
        DATA.replace(b"old 2", b"old +2"),
        DATA.replace(b"old 20852014", b"old "),
        DATA.replace(b"old 20852014", b"old 9223372036854775808"),
        DATA.replace(b"old 20852014", b"old " + b"1" * 5000),
        HEAD[:-1] + b"\n\n" + NOTE,
        HEAD[:-2] + b"J=\n\n" + NOTE,
        HEAD + b" \n\n" + NOTE,
        HEAD + b"\n" + HEAD[13:] * 20 + b"\n\n" + NOTE,
        HEAD + b"\nAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=" * 61 + b"\n\n" + NOTE,
        b"\xff" + DATA,
        b"o" * (MAX_REQUEST_BYTES + 1),
    ],
)
def test_a_request_that_nobody_would_write_is_refused(data: bytes) -> None:
    """Every other spelling is a typed error, told in three languages."""
    with pytest.raises(UnusableInput) as caught:
        AddCheckpoint.parse(data)
    assert all(caught.value.message(language) for language in ("en", "zh-CN", "zh-TW"))


def test_no_other_request_can_be_made() -> None:
    """A request that could not be read back cannot be made."""
    for old, proof in ((-1, HASHES), (2**63, HASHES), (1, (b"",)), (1, HASHES * 22)):
        with pytest.raises(WitnessRequestMalformed):
            AddCheckpoint(old, proof, CHECKPOINT)


def test_cosignatures_of_known_witnesses_are_taken() -> None:
    """Known lines are verified against the checkpoint that was sent, others passed over."""
    stranger = NoteSignature("w.example", b"1234", bytes(2428))
    data = cosignatures_bytes([stranger, LINE])
    assert parse_cosignatures(data) == (stranger, LINE)
    (found,) = verified_cosignatures(data, BODY, [KNOWN])
    assert (found.key, found.posix_seconds, found.signature) == (KNOWN, 1679315147, LINE)
    assert CHECKPOINT.with_signatures([found.signature]).to_bytes().endswith(LINE.line.encode())


def test_an_answer_for_something_else_is_refused() -> None:
    """A cosignature of another checkpoint, or none of a known witness, is no answer."""
    data = cosignatures_bytes([LINE])
    with pytest.raises(NoteSignatureFails):
        verified_cosignatures(data, Checkpoint("log.example", 1, bytes(32)), [KNOWN])
    with pytest.raises(NoteUnsigned):
        verified_cosignatures(data, BODY, [])
    plain = VerifierKey.from_raw("w.example", WITNESS.public)
    signed = cosignatures_bytes([sign_text(BODY.text, "w.example", WITNESS)])
    with pytest.raises(NoteUnsigned):
        verified_cosignatures(signed, BODY, [plain])


def test_a_cosignature_without_a_time_is_refused() -> None:
    """The time zero verifies, and still is no answer of a witness."""
    zero = bytes(8) + WITNESS.sign(b"cosignature/v1\ntime 0\n" + BODY.text)
    data = cosignatures_bytes([NoteSignature("w.example", KNOWN.key_id, zero)])
    with pytest.raises(WitnessResponseMalformed):
        verified_cosignatures(data, BODY, [KNOWN])


TEXT = LINE.line.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        TEXT[:-1],
        TEXT + b"\n",
        b"\n" + TEXT,
        TEXT.replace(b"\n", b"\r\n"),
        TEXT + b"x\n",
        TEXT.replace("—".encode(), b"--"),
        TEXT * (MAX_SIGNATURES + 1),
        b"x" * (1 << 21),
    ],
)
def test_cosignature_lines_are_read_strictly(data: bytes) -> None:
    """One to a hundred signature lines, each ending in a newline, and nothing else."""
    with pytest.raises(WitnessResponseMalformed):
        parse_cosignatures(data)


def test_an_empty_answer_is_not_sent() -> None:
    """Neither none nor more than the bound are written."""
    for lines in ((), (LINE,) * (MAX_SIGNATURES + 1)):
        with pytest.raises(WitnessResponseMalformed):
            cosignatures_bytes(lines)


def test_the_size_of_a_conflict_is_told_back() -> None:
    """The size that was cosigned last comes out as it went in, under its content type."""
    for size in (0, 1, 2**63 - 1):
        assert parse_conflict(conflict_bytes(size), SIZE_CONTENT_TYPE) == size
    with pytest.raises(WitnessResponseMalformed):
        parse_conflict(b"1\n", "text/plain")
    for size in (-1, 2**63):
        with pytest.raises(WitnessResponseMalformed):
            conflict_bytes(size)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"1", b"01\n", b"1\r\n", b"1 \n", b"1\n\n", b"1\n2\n", b"-1\n", b"9" * 30 + b"\n",
     b"9223372036854775808\n", b"\xb9\n", b"1\0\n"],
)  # fmt: skip
def test_a_size_has_one_spelling(data: bytes) -> None:
    """Leading zeroes, spaces, other line ends and over-long numbers are refused."""
    with pytest.raises(WitnessResponseMalformed):
        parse_conflict(data, SIZE_CONTENT_TYPE)
