"""Base64 in one spelling: whatever is read is what would be written."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.signing.base64text import NotBase64, decode, decode_bytes, encode

pytestmark = pytest.mark.property


@given(st.binary(max_size=70))
def test_what_is_written_is_read(data: bytes) -> None:
    """Of every length, as text, bytes and a view of them."""
    text = encode(data)
    assert text == b64encode(data).decode()
    assert decode(text, what="x") == decode_bytes(text.encode()) == data
    assert decode_bytes(memoryview(text.encode())) == data


@given(st.binary(max_size=12), st.data())
@example(b"", None)
def test_nothing_else_is_read(data: bytes, draw: st.DataObject | None) -> None:
    """Of texts with a character changed, added or left out, those that are read are spelled so."""
    text = encode(data)
    if draw is None:
        tried = ["=", "==", "A", "A=", "A==", "A===", "AA", "AA=", "AB==", "AAB=", "AA==AA=="]
    else:
        at = draw.draw(st.integers(0, len(text)))
        by = draw.draw(st.sampled_from("AB=+/-_ \n\x00aé") | st.characters())
        tried = [text[:at] + by + text[at:], text[:at] + by + text[at + 1 :]]
        tried.append(text[:at] + text[at + 1 :])
    for one in tried:
        try:
            found = decode(one, what="x")
        except NotBase64:
            continue
        assert encode(found) == one
