"""The log's wire formats: whatever is written is read back; whatever is read was written so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import LedgerError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.note import Note, NoteSignature, sign_text
from ledger.log.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from ledger.log.proof_file import ProofFile
from ledger.log.verifier_key import SignatureType, VerifierKey, is_note_name
from ledger.log.witness_protocol import (
    SIZE_CONTENT_TYPE,
    AddCheckpoint,
    conflict_bytes,
    cosignatures_bytes,
    parse_conflict,
    parse_cosignatures,
)
from ledger.signing.keys import new_signing_key

pytestmark = pytest.mark.property

LANGUAGES: tuple[Literal["en", "zh-CN", "zh-TW"], ...] = ("en", "zh-CN", "zh-TW")
KEYS = [new_signing_key(bytes([n] * 32)) for n in range(6)]

numbers = st.integers(0, 9) | st.integers(0, 2**63 - 1)
hashes = st.binary(min_size=32, max_size=32)
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12
).filter(is_note_name)  # fmt: skip
signatures = st.builds(
    NoteSignature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)
)
some_signatures = st.lists(signatures, min_size=1, max_size=4).map(tuple)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=30).map(
    lambda text: f"{text}\n".encode()
)
notes = st.builds(Note, texts, some_signatures)
checkpoints = st.builds(Checkpoint, names, numbers, hashes)
signed_checkpoints = st.builds(SignedCheckpoint, checkpoints, some_signatures)
some_hashes = st.lists(hashes, max_size=5).map(tuple)
proof_files = st.builds(
    ProofFile,
    numbers,
    some_hashes,
    signed_checkpoints,
    st.none() | st.binary(min_size=1, max_size=20),
)
requests = st.builds(AddCheckpoint, numbers, some_hashes, signed_checkpoints)
vkeys = st.builds(
    VerifierKey, names, st.sampled_from(SignatureType), st.sampled_from([k.public for k in KEYS])
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Every kind of line; groups of whatever is defined and not yet a member."""
    urls = st.none() | st.sampled_from(["https://w.example/", "u"])
    unique = draw(st.lists(names.filter(lambda n: n != "none"), min_size=8, unique=True))
    count = draw(st.integers(1, 5))
    logs = [PolicyLog(VerifierKey.from_raw("log", KEYS[5].public), draw(urls))]
    witnesses = [
        PolicyWitness(
            unique[n],
            VerifierKey.from_raw(f"w{n}", KEYS[n].public, SignatureType.COSIGNATURE),
            draw(urls),
        )
        for n in range(count)
    ]
    free = [witness.name for witness in witnesses]
    groups: list[PolicyGroup] = []
    for name in unique[count : count + draw(st.integers(0, 2))]:
        if not free:
            break
        members = draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
        groups.append(PolicyGroup(name, draw(st.integers(1, len(members))), tuple(members)))
        free = [one for one in free if one not in members] + [name]
    quorum = draw(st.sampled_from([None, *unique[: count + len(groups)]]))
    return Policy(tuple(logs), tuple(witnesses), tuple(groups), quorum)


def _conflict(data: bytes) -> int:
    return parse_conflict(data, SIZE_CONTENT_TYPE)


def _vkey(data: bytes) -> VerifierKey:
    return VerifierKey.from_vkey(data.decode("utf-8", "surrogateescape"))


FORMATS: dict[
    str, tuple[Callable[[bytes], object], Callable[..., bytes], st.SearchStrategy[object]]
] = {
    "note": (Note.parse, Note.to_bytes, notes),
    "checkpoint": (SignedCheckpoint.parse, SignedCheckpoint.to_bytes, signed_checkpoints),
    "checkpoint body": (Checkpoint.from_text, lambda body: body.text, checkpoints),
    "proof file": (ProofFile.parse, ProofFile.to_bytes, proof_files),
    "request": (AddCheckpoint.parse, AddCheckpoint.to_bytes, requests),
    "cosignatures": (parse_cosignatures, cosignatures_bytes, some_signatures),
    "conflict": (_conflict, conflict_bytes, numbers),
    "verifier key": (_vkey, lambda key: key.vkey.encode(), vkeys),
    "policy": (Policy.parse, Policy.to_bytes, policies()),
}
SPELLED_FREELY = {"policy"}
"""Spaces and comments are free there; everywhere else one content has one spelling."""

SNIPPETS = [
    b"\n", b"\n\n", b"\r\n", b"\r", b"\t", b" ", b"0", b"-", b"+", b"=", b"\0", b"\x7f", b"\xff",
    "— ".encode(), "\u3000".encode(), "\u2028".encode(), b"\xed\xa0\x80", b"extra ", b"index 1\n",
    b"old 1\n", b"9" * 20, b"AAAA", b"#", b"quorum none\n", b"group a any ",
    "— a AAAAAAA=\n".encode(),
]  # fmt: skip


@st.composite
def bent(draw: st.DrawFn, written: bytes) -> bytes:
    """``written`` after a few cuts, insertions, repetitions and turned bits."""
    data = written
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        stop = draw(st.integers(start, min(len(data), start + 8)))
        between = draw(
            st.sampled_from([b"", data[start:stop] * 2, *SNIPPETS]) | st.binary(max_size=3)
        )
        data = data[:start] + between + data[stop:]
    return data


def read_or_refused(name: str, data: bytes) -> None:
    """Either a typed error that can be told, or a value that is written as it was read."""
    parse, write, _ = FORMATS[name]
    try:
        value = parse(data)
    except LedgerError as error:
        told = [error.message(language) for language in LANGUAGES]
        assert all(told)
        return
    if name in SPELLED_FREELY:
        assert parse(write(value)) == value
    else:
        assert write(value) == data


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_what_is_written_is_read_back(name: str, data: st.DataObject) -> None:
    """Every value of a format comes back equal from its bytes."""
    parse, write, values = FORMATS[name]
    value = data.draw(values)
    assert parse(write(value)) == value


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_bent_files_are_refused_or_are_files(name: str, data: st.DataObject) -> None:
    """A mutated file raises a LedgerError and nothing else, or is itself in canonical form."""
    _, write, values = FORMATS[name]
    read_or_refused(name, data.draw(bent(write(data.draw(values)))))


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.binary(max_size=200) | st.lists(st.sampled_from(SNIPPETS)).map(b"".join))
def test_noise_is_refused_or_is_a_file(name: str, data: bytes) -> None:
    """Random bytes, and the formats' own pieces in any order, raise a LedgerError at most."""
    read_or_refused(name, data)


@given(texts, st.data())
def test_a_bent_note_is_not_believed(text: bytes, data: st.DataObject) -> None:
    """After any mutation a note is refused, or says what was signed."""
    key = VerifierKey.from_raw("log.example", KEYS[0].public)
    note = Note(text, (sign_text(text, key.name, KEYS[0]),))
    try:
        changed = Note.parse(data.draw(bent(note.to_bytes())))
        changed.verified([key])
    except LedgerError:
        return
    assert changed.text == text


@given(policies(), st.sets(st.integers(0, 4)), st.integers(0, 4))
def test_a_further_cosigner_never_spoils_a_quorum(
    policy: Policy, present: set[int], more: int
) -> None:
    """What some witnesses satisfy, the same and one more satisfy; all satisfy every quorum."""
    keys = policy.witness_keys
    some = [keys[n] for n in present if n < len(keys)]
    if policy.satisfied_by(some):
        assert policy.satisfied_by([*some, keys[more % len(keys)]])
    assert policy.satisfied_by(keys)
    assert policy.satisfied_by([]) is (policy.quorum is None)
