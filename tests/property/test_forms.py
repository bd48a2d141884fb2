"""The forms of entries: whatever a form matches is an entry that can be read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.codec import decode
from ledger.entry import stored_entry
from ledger.events import EVENT_TYPES
from ledger.log.forms import KINDS, forms
from ledger.quick_codec import QuickDecoder
from ledger.signing.canonical import require_canonical

pytestmark = pytest.mark.property

FORMS = {topic: re.compile(form.pattern) for topic, form in forms("xiamen").items()}
INSTANT = "2026-03-02T01:15:00.000000Z"


def payload(text: str, form: re.Pattern[str]) -> bytes:
    """With an instant: which one it is, the column says."""
    matched = form.fullmatch(text)
    assert matched is not None
    start, stop = matched.span(2)
    return (text[:start] + INSTANT + text[stop:]).encode()


@pytest.mark.parametrize("topic", sorted(FORMS))
@given(data=st.data())
def test_what_a_form_matches_can_be_read(topic: str, data: st.DataObject) -> None:
    """Canonical bytes, the exact header, facts of the vocabulary, of that type and stream."""
    form = FORMS[topic]
    state = payload(data.draw(st.from_regex(form, fullmatch=True)), form)
    require_canonical(state)
    entry = decode(stored_entry({"state": state, "index": 0}))
    assert entry.facts.topic() == topic
    quick = QuickDecoder("xiamen").read(topic, state, 0, entry.keyid)
    assert quick == entry
    assert quick is not None
    assert repr(quick) == repr(entry)
    assert quick.facts.model_fields_set == entry.facts.model_fields_set
    assert quick.facts.to_json() == entry.facts.to_json()
    assert hash(quick.stream) == hash(entry.stream)
    assert entry.node == "xiamen"
    matched = form.fullmatch(state.decode())
    assert matched is not None
    prev, recorded_at, sealed, seq, stream, submission = matched.groups()
    assert (prev, recorded_at, seq) == (entry.prev, INSTANT, str(entry.seq))
    assert entry.stream.key == f"{EVENT_TYPES[topic].stream_kind}/{stream}"
    assert (sealed == "null") == (entry.sealed is None)
    assert (submission == "null") == (entry.submission is None)


@given(data=st.data())
def test_a_form_matches_nothing_that_cannot_be_read(data: st.DataObject) -> None:
    """Of payloads with a character changed, those that a form still matches can be read."""
    topic = data.draw(st.sampled_from(sorted(FORMS)))
    form = FORMS[topic]
    text = payload(data.draw(st.from_regex(form, fullmatch=True)), form).decode()
    at = data.draw(st.integers(0, len(text) - 1))
    by = data.draw(st.sampled_from('"\\\n\x7f\u202e0129.-eE {}[],:ab') | st.characters())
    changed = text[:at] + by + text[at + 1 :]
    if form.fullmatch(changed) and changed[slice(*form.fullmatch(changed).span(2))] == INSTANT:  # type: ignore[union-attr]
        decode(stored_entry({"state": changed.encode("utf-8", "surrogatepass"), "index": 0}))


def test_all_but_a_few_types_have_a_form() -> None:
    """Those that neither govern nor hold values of any shape."""
    ours = {topic for topic, facts in EVENT_TYPES.items() if facts.stream_kind in KINDS}
    assert ours - FORMS.keys() == {
        "RecordCorrected:1",
        "RecordReceived:1",
        "RecordDisclosed:1",
        "DisclosureReceipted:1",
        "CorrectionAcknowledged:1",
        "EnforcementStatusReceived:1",
        "NoticeReceived:1",
        "ForeignReportReceived:1",
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"served_on":"2026-03-01"', '"served_on":"2026-02-30"'),
        ('"served_on":"2026-03-01"', '"served_on":"2024-02-29"'),
        ('"served_on":"2026-03-01"', '"served_on":"2026-04-31"'),
        ('"served_on":"2026-03-01"', '"served_on":"2026-03-32"'),
        ('"served_on":"2026-03-01"', '"served_on":"2026-13-01"'),
        ('"served_on":"2026-03-01"', '"served_on":"2026-00-30"'),
        ('"served_on":"2026-03-01"', '"served_on":"0000-03-01"'),
        ('"channel":"送达"', '"channel":" 送达"'),
        ('"channel":"送达"', '"channel":""'),
        ('"channel":"送达"', '"channel":"a\\u0000"'),
        ('"channel":"送达"', '"channel":"a\u202eb"'),
        ('"channel":"送达"', f'"channel":"{"x" * 2_001}"'),
        ('"channel":"送达"', '"channel":"送达","channel":"送达"'),
        ('"seq":3', '"seq":03'),
        ('"seq":3', '"seq":3.0'),
        ('"node":"xiamen"', '"node":"elsewhere"'),
        ('"v":1', '"v":2'),
        ("{", "{ "),
    ],
)
def test_what_is_not_plainly_right_does_not_match(old: str, new: str) -> None:
    """It may still be right: then it takes the slow way."""
    text = (
        '{"actor":{"operator":"o","organisation":"s"},"facts":{"channel":"送达","record":'
        '"00000000-0000-0000-0000-000000000001","served_on":"2026-03-01"},"node":"xiamen","prev":'
        f'"{"ab" * 32}","recorded_at":"{INSTANT}","schema":1,"sealed":null,"seq":3,"stream":'
        '{"id":"00000000-0000-0000-0000-000000000002","kind":"subject"},"submission":null,'
        '"type":"NoticeServed","v":1}'
    )
    form = FORMS["NoticeServed:1"]
    assert form.fullmatch(text)
    decode(stored_entry({"state": text.encode(), "index": 0}))
    assert old in text
    assert form.fullmatch(text.replace(old, new)) is None
