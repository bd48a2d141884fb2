"""No byte of a history statement can be changed, and its size is all that bounds its reading."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.log.verdict import Outcome
from ledger.signing import base64text
from ledger.signing.dsse import STATEMENT, Envelope
from ledger.signing.keys import SIGNATURE_BYTES
from projections.statement import envelope
from projections.statement_check import verify_statement
from tests.unit.log.trusting import LEAKED, NODE_KEY, policy, trust
from tests.unit.projections.stating import Asked, sealed
from tests.unit.projections.test_statement import GOOD, LOG, PLAIN

ASKED = [make() for make in GOOD.values()]
FILES = [asked.file() for asked in ASKED]
GOOD_OUTCOMES = {Outcome.VALID, Outcome.VALID_HISTORICAL}


def _changed(data: bytes, at: int, by: int) -> bytes:
    return data[:at] + bytes([data[at] ^ by]) + data[at + 1 :]


@given(st.sampled_from(FILES), st.data(), st.integers(1, 255))
def test_no_byte_of_the_file_can_be_changed(file: bytes, data: st.DataObject, by: int) -> None:
    """Any other byte at any place of the envelope is never believed."""
    at = data.draw(st.integers(0, len(file) - 1))
    assert verify_statement(_changed(file, at, by), PLAIN).outcome not in GOOD_OUTCOMES


@given(st.sampled_from(FILES), st.data(), st.integers(1, 255))
def test_no_byte_of_the_signed_payload_can_be_changed(
    file: bytes, data: st.DataObject, by: int
) -> None:
    """Any other byte of what was signed, under the same signature, is never believed."""
    signed = envelope(file)
    at = data.draw(st.integers(0, len(signed.payload) - 1))
    bent = Envelope(_changed(signed.payload, at, by), STATEMENT, signed.signatures)
    assert verify_statement(bent.to_json(), PLAIN).outcome not in GOOD_OUTCOMES


@given(st.sampled_from(FILES), st.data())
def test_no_part_can_be_cut_off_or_put_in(file: bytes, data: st.DataObject) -> None:
    """A file that lost bytes, or gained any but spaces around it, is never believed."""
    start = data.draw(st.integers(0, len(file) - 1))
    stop = data.draw(st.integers(start + 1, len(file)))
    assert verify_statement(file[:start] + file[stop:], PLAIN).outcome not in GOOD_OUTCOMES
    doubled = file[:stop] + file[start:]
    assert verify_statement(doubled, PLAIN).outcome not in GOOD_OUTCOMES


@given(st.binary(max_size=400))
def test_whatever_the_bytes_are_there_is_a_verdict(data: bytes) -> None:
    """Reading ends with a verdict, not with an error, also for what a trusted key signed."""
    assert verify_statement(data, PLAIN).outcome not in GOOD_OUTCOMES
    signed = Envelope.signed(NODE_KEY, STATEMENT, data).to_json()
    assert verify_statement(signed, PLAIN).outcome is Outcome.INVALID


PLACES = st.sampled_from(
    ["node", "origin", "made_at", "query", "fold_version", "answer", "checkpoint", "commitment",
     "streams", "disclosed", "erased", "limits"]
)  # fmt: skip


def tells_as_much(value: dict[str, Any], foreign: dict[str, Any]) -> bool:
    """A later look at the same subject, in the same tree: it shows more than was asked for."""
    size = value["query"]["tree_size"]

    def known(streams: list[dict[str, Any]]) -> dict[str, list[int]]:
        found = {each["id"]: [one["index"] for one in each["entries"]] for each in streams}
        return {key: [at for at in indexes if at < size] for key, indexes in found.items()}

    shown = known(foreign["streams"])
    asked = known(value["streams"])
    is_same = value["query"]["subject"] == foreign["query"]["subject"]
    in_same_tree = value["checkpoint"] == foreign["checkpoint"]
    return is_same and in_same_tree and all(shown.get(key) == asked[key] for key in asked)


@given(st.sampled_from(ASKED), st.sampled_from(ASKED), PLACES)
def test_parts_of_one_statement_do_not_fit_into_another(
    one: Asked, other: Asked, name: str
) -> None:
    """A member taken from another statement leaves what it says, or is not believed."""
    value, foreign = one.value(), other.value()
    is_same = value[name] == foreign[name]
    harmless = name == "made_at" or (name == "streams" and tells_as_much(value, foreign))
    value[name] = foreign[name]
    verdict = verify_statement(sealed(value), PLAIN)
    assert (verdict.outcome in GOOD_OUTCOMES) == (is_same or harmless), verdict.detail()


@given(st.binary(min_size=SIGNATURE_BYTES, max_size=SIGNATURE_BYTES))
def test_no_cosignature_is_made_up(signature: bytes) -> None:
    """A policy that asks for a witness is not met by bytes under its name."""
    value = Asked(LOG).value()
    good = LOG.checkpoint(seen={"w1": LEAKED})
    head, _, last = good.rstrip("\n").rpartition(" ")
    raw = base64text.decode(last, what="line")
    assert len(raw) == 12 + SIGNATURE_BYTES  # key id and time stand before it
    value["checkpoint"] = f"{head} {base64text.encode(raw[:12] + signature)}\n"
    trusted = trust(policy=policy("w1"))
    assert verify_statement(sealed(value), trusted).outcome not in GOOD_OUTCOMES
