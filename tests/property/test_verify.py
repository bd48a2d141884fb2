"""Whatever the bytes are, verification ends with a verdict, or says that a file is unusable."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ledger.log.trust import MAX_TRUST_BYTES, Trust, TrustMalformed
from ledger.log.verdict import Outcome, Verdict
from ledger.log.verifying import MAX_FILE_BYTES, verify_file
from ledger.signing.dsse import STATEMENT, Envelope
from projections.statement_check import verify_statement
from tests.integration.driving import Ended, call, process
from tests.unit.log.trusting import (
    LEAKED,
    NODE_KEY,
    SmallTree,
    envelope,
    policy,
    trust,
    trust_value,
)

SECONDS = 10.0
"""No file takes longer; the largest ones here take well under one."""

MEMORY = 768 << 20
"""Address space of a whole program: the interpreter with its libraries takes a third."""

LOG = SmallTree()
SEEN = {"w1": LEAKED, "w2": LEAKED + timedelta(days=1)}
TRUST = trust(policy=policy("2"))
CHECKPOINT = LOG.signed(seen=SEEN).to_bytes()
PROOF = LOG.proof(4, LOG.signed(seen=SEEN)).to_bytes()
ENTRY = envelope(LOG.payloads[4]).to_json()
STATED = Envelope.signed(NODE_KEY, STATEMENT, b'{"format":"credit-ledger-statement/v1"}').to_json()
TRUST_FILE = json.dumps(trust_value(policy=policy("2"))).encode()

PIECES = (
    b"", b"\n", b"\n\n", b"\r\n", b"\x00", b"\xff", b"\xe2\x80\x94 ", b"0", b"-1", b"01", b"{", b"}",
    b"[", b"]", b'"', b"=", b"index 4\n", b"extra AAAA\n", b"9" * 400, b"null", b"1e9", b"\\ud800",
    b'"payload":"",', b"A" * 44 + b"\n", CHECKPOINT, PROOF, ENTRY,
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, whole: bytes) -> bytes:
    """``whole`` with a few spans cut, doubled, or put in place of by something else."""
    data = whole
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.sampled_from((0, 1, 1, 4, 40, 400))))
        piece = draw(
            st.one_of(
                st.sampled_from(PIECES),
                st.binary(min_size=1, max_size=3),
                st.just(data[start:stop] * 2),
            )
        )
        data = data[:start] + piece + data[stop:]
    return data


KINDS = {"checkpoint": CHECKPOINT, "proof": PROOF, "entry": ENTRY, "statement": STATED}
anything = st.one_of(st.binary(max_size=2_000), *map(mutated, KINDS.values()))


def judged(data: bytes, entry: bytes | None = None) -> Verdict:
    started = perf_counter()
    verdict = verify_file(data, TRUST, entry=entry, statement=verify_statement)
    assert perf_counter() - started < SECONDS
    for language in ("en", "zh-CN", "zh-TW"):
        assert verdict.detail(language)
    return verdict


def test_the_originals_are_good() -> None:
    """What is bent below holds before it is bent."""
    assert judged(CHECKPOINT).outcome is Outcome.VALID
    assert judged(PROOF, ENTRY).outcome is Outcome.VALID
    assert judged(ENTRY).outcome is Outcome.VALID


@given(data=anything, entry=st.none() | st.binary(max_size=200) | mutated(ENTRY) | st.just(ENTRY))
@example(data=PROOF, entry=CHECKPOINT)
@settings(max_examples=1_500, deadline=None)
def test_any_bytes_end_with_a_verdict(data: bytes, entry: bytes | None) -> None:
    """Nothing but a verdict comes out, in each language, within the bound."""
    judged(data, entry)


@given(data=st.data(), kind=st.sampled_from(["checkpoint", "proof"]))
@settings(max_examples=600, deadline=None)
def test_no_changed_byte_stays_valid(data: st.DataObject, kind: str) -> None:
    """One byte changed or lost in a checkpoint or a proof leaves no VALID."""
    whole = KINDS[kind]
    at = data.draw(st.integers(0, len(whole) - 1))
    put = data.draw(st.binary(max_size=1).filter(lambda put: put != whole[at : at + 1]))
    verdict = judged(whole[:at] + put + whole[at + 1 :], ENTRY if kind == "proof" else None)
    assert not verdict.is_good, verdict.detail()


@given(data=mutated(TRUST_FILE) | st.binary(max_size=2_000))
@settings(max_examples=600, deadline=None)
def test_any_trust_file_is_read_or_refused(data: bytes) -> None:
    """A trust file is one, or is refused as none; nothing else happens."""
    try:
        found = Trust.parse(data)
    except TrustMalformed:
        return
    assert Trust.parse(found.to_json()) == found
    verify_file(PROOF, found, entry=ENTRY)


@given(data=anything, trusted=st.just(TRUST_FILE) | mutated(TRUST_FILE), with_entry=st.booleans())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_command_ends_with_a_verdict_or_with_2(
    tmp_path: Path, data: bytes, trusted: bytes, with_entry: bool
) -> None:
    """Exit 0 with a good verdict, 1 with another, 2 where the trust file is none; never else."""
    file, trust_file = tmp_path / "file", tmp_path / "trust.json"
    file.write_bytes(data)
    trust_file.write_bytes(trusted)
    options: list[str | Path] = ["--entry", file] if with_entry else []
    ended = call("verify", file, "--trust", trust_file, "--json", *options)
    if ended.code == 2:
        assert (ended.out, ended.err.count("\n")) == ("", 1)
        with pytest.raises(TrustMalformed):
            Trust.parse(trusted)
        return
    assert ended.json.keys() == {"verdict", "reason", "detail"}
    is_good = ended.json["verdict"] in {"VALID", "VALID_HISTORICAL"}
    assert ended.code == (0 if is_good else 1)


def _notes(lines: int) -> bytes:
    text, _, signature = CHECKPOINT.partition(b"\n\n")
    return text + b"\n\n" + signature.split(b"\n")[0].join([b""] + [b"\n"] * lines)


HOSTILE = {
    "endless": b"\x00" * (MAX_FILE_BYTES + 1),
    "open brackets": b'{"payload":' + b"[" * (MAX_FILE_BYTES - 100),
    "empty lists": b'{"payload":[' + b"[]," * (MAX_FILE_BYTES // 3 - 100) + b"[]]}",
    "one large payload": b'{"payload":"' + b"A" * (MAX_FILE_BYTES - 100) + b'"}',
    "many members": b"{" + b",".join(b'"%d":1' % n for n in range(2_000_000)) + b"}",
    "empty lines": b"\n" * MAX_FILE_BYTES,
    "a proof of many hashes": b"c2sp.org/tlog-proof@v1\nindex 4\n" + b"A" * 43 + b"=\n" * 500_000,
    "signatures of one key": _notes(20_000),
    "a list of lists in a statement": Envelope.signed(
        NODE_KEY, STATEMENT, b"[" + b"[]," * (7 << 20) + b"[]]"
    ).to_json(),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_end_in_bounded_time_and_memory(tmp_path: Path, what: str) -> None:
    """As a program of its own: a verdict, INVALID, within the stated time and memory."""
    file, trust_file = tmp_path / "file", tmp_path / "trust.json"
    file.write_bytes(HOSTILE[what])
    trust_file.write_bytes(TRUST_FILE)
    started = perf_counter()
    ended: Ended = process("verify", file, "--trust", trust_file, "--json", memory=MEMORY)
    assert perf_counter() - started < SECONDS + 5.0  # with the start of the program
    assert ended.code == 1, ended.err[-500:]
    assert ended.json["verdict"] == "INVALID"


def test_a_hostile_trust_file_ends_in_bounded_time_and_memory(tmp_path: Path) -> None:
    """A trust file of any size is refused before it can cost much."""
    file, trust_file = tmp_path / "file", tmp_path / "trust.json"
    file.write_bytes(CHECKPOINT)
    for data in (b"[" * (64 << 20), b"[" + b"[]," * (MAX_TRUST_BYTES // 3 - 1) + b"[]]"):
        trust_file.write_bytes(data)
        ended = process("verify", file, "--trust", trust_file, memory=MEMORY)
        assert (ended.code, ended.out) == (2, "")
