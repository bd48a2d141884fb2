"""Large messages read and written by hand: the same as the long way, whatever the bytes are."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from ledger.errors import LedgerError
from ledger.exchange import quick_reading
from ledger.exchange.forms import MESSAGE_DEPTH, Bundle, LogSection
from ledger.exchange.judging import judge
from ledger.exchange.quick_reading import TooManyValues, read_envelope, read_payload
from ledger.exchange.quick_writing import write_payload
from ledger.exchange.shown import entries_of
from ledger.log.verdict import Reason
from ledger.signing.canonical import canonical, require_canonical
from ledger.signing.dsse import BUNDLE, Envelope
from tests.exchange_material import Region, made_key

MOST = 1 << 26


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message of a few entries takes the quick way, too."""
    monkeypatch.setattr(quick_reading, "QUICK_FROM", 0)


def bundle(count: int = 5) -> Envelope:
    """Relayed, so that there are two sections."""
    region = Region("xiamen", "zhangzhou", "quanzhou")
    first, second, _ = region.values()
    records = [second.receive(first.collect(number)) for number in range(count)]
    return second.bundle("quanzhou", records)


def plain(payload: bytes) -> Any:
    """What the long way reads, entries with it."""
    value: Any = require_canonical(payload, max_bytes=MOST, max_depth=MESSAGE_DEPTH)
    for section in value["logs"]:
        section["entries"] = entries_of(section["entries"])
    return value


def quick(payload: bytes) -> Any:
    return read_payload(payload, max_bytes=MOST, max_depth=MESSAGE_DEPTH)


def whole(payload: bytes) -> Any:
    """As ``quick``, entries with it where the long way was taken."""
    value = quick(payload)
    for section in value["logs"]:
        section["entries"] = entries_of(section["entries"])
    return value


def told(read: Any, payload: bytes) -> object:
    try:
        return read(payload)
    except (LedgerError, ValueError, TypeError, KeyError):
        return "refused"


def test_the_same_value_is_read() -> None:
    """Entry by entry, and what is around them."""
    payload = bundle().payload
    found = quick(payload)
    assert found == plain(payload)
    assert isinstance(found["logs"][0]["entries"], tuple)


def test_what_is_changed_is_read_as_ever() -> None:
    """A byte changed, added or left out anywhere: the same value, or refused by both."""
    payload, chance = bundle(2).payload, random.Random(7)
    accepted = 0
    for at in sorted(chance.sample(range(len(payload)), 1_500)):
        byte = bytes([chance.choice(b'0aA=+/"{}[]\\, \x00\xff9')])
        before, behind = payload[:at], payload[at + 1 :]
        for changed in (before + byte + behind, before + byte + payload[at:], before + behind):
            expected = told(plain, changed)
            found = told(whole, changed)
            assert found == expected
            accepted += expected != "refused"
    assert accepted


@pytest.mark.parametrize("place", ["disclosed", "purpose", "submissions"])
def test_a_list_of_entries_elsewhere_is_no_section(place: str) -> None:
    """What looks like a section's entries in another place stays where it stands."""
    value: dict[str, Any] = orjson.loads(bundle().payload)
    entries = value["logs"][0]["entries"]
    text = canonical({"entries": entries}).decode()
    other: dict[str, Any] = {
        "disclosed": [{"value": {"entries": entries}}],
        "submissions": [{"entries": entries}],
        "purpose": text,
    }
    value[place] = other[place]
    for emptied in (False, True):
        if emptied:
            value["logs"][0]["entries"] = []
        payload = canonical(value, max_depth=MESSAGE_DEPTH)
        found = whole(payload)
        assert found == plain(payload)
        assert found[place] == value[place]


def test_the_mark_in_a_text_is_a_text() -> None:
    """Whatever a sender writes, it takes the place of nothing."""
    value: dict[str, Any] = orjson.loads(bundle().payload)
    value["purpose"] = "entries of this section"
    payload = canonical(value, max_depth=MESSAGE_DEPTH)
    message = Bundle.from_payload(payload)
    assert message.purpose == "entries of this section"
    assert message.payload() == payload


def test_the_same_bytes_are_written() -> None:
    """With proofs of one length and of several, by hand as by the serializer."""
    for count in (1, 2, 7, 30):
        message = Bundle.from_payload(bundle(count).payload)
        around = message.model_dump(mode="json", exclude={"logs": {"__all__": {"entries"}}})
        sections = [one.entries for one in message.logs]
        written = write_payload(around, sections, max_depth=MESSAGE_DEPTH)
        assert written == canonical(
            message.model_dump(mode="json", by_alias=True), max_depth=MESSAGE_DEPTH
        )


def test_an_envelope_is_cut_open() -> None:
    """Canonical or with spaces: the same envelope; with a member twice: none."""
    envelope = bundle()
    data = envelope.to_json()
    assert data == canonical(envelope.to_value())
    assert read_envelope(data, max_bytes=MOST) == envelope
    spaced = orjson.dumps(envelope.to_value(), option=orjson.OPT_INDENT_2)
    assert read_envelope(spaced, max_bytes=MOST) == envelope
    twice = data.replace(b',"payloadType"', b',"payload":"","payloadType"')
    for bad in (twice, data[:-1], data.replace(b'"payload":"e', b'"payload":"-'), b'{"payload":"'):
        with pytest.raises(LedgerError):
            read_envelope(bad, max_bytes=MOST)


def test_brackets_cost_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are counted before they are read, in an envelope and in what a known key signed."""
    many = b"[" + b"[]," * 2_000_000 + b"[]]"
    with pytest.raises(TooManyValues):
        read_payload(many, max_bytes=MOST, max_depth=MESSAGE_DEPTH)
    with pytest.raises(TooManyValues):
        read_envelope(b'{"payload":' + many + b"}", max_bytes=MOST)
    region = Region("xiamen", "zhangzhou")
    signed = Envelope.signed(made_key("xiamen"), BUNDLE, many)
    assert judge(signed.to_json(), region.trust()).verdict.reason is Reason.MALFORMED


def test_a_real_bundle_holds_few_enough_values() -> None:
    """An entry with a proof of 20 hashes has less than thirty; the bound is for 100,000."""
    payload = bundle(30).payload
    section = LogSection.model_validate(orjson.loads(payload)["logs"][0])
    entries = len(section.entries) + 31
    values = sum(map(payload.count, (b",", b"[", b"{")))
    hashes = payload.count(b'="')
    assert (values - hashes) / entries < 20
    assert quick_reading.MAX_VALUES >= 100_000 * (10 + 20) + 10_000 * 10 + 100_000 * 5
