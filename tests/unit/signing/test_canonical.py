"""Canonical JSON and the strict reader: single cases and their typed errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.signing import canonical as c

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "jcs"


@pytest.mark.parametrize(
    ("value", "error", "where"),
    [
        ({"a": [1, 2.5]}, c.NumberNotAllowed, "/a/1"),
        ({"a": {"b": 2**53}}, c.NumberNotAllowed, "/a/b"),
        ({"a": {"b": -(2**53)}}, c.NumberNotAllowed, "/a/b"),
        ([float("nan")], c.NumberNotAllowed, "/0"),
        ({"a": {"名": 1}}, c.KeyNotAscii, "/a"),
        ({"a": ["\ud800"]}, c.LoneSurrogate, "/a/0"),
        ({"a": b"x"}, c.NotInVocabulary, "/a"),
    ],
)
def test_a_refused_value_is_named_by_its_place(
    value: object, error: type[LedgerError], where: str
) -> None:
    """The error tells where the value stands, and does not quote it."""
    with pytest.raises(error) as caught:
        c.canonical(value)
    assert caught.value.fields["where"] == where


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b'{"a":1,"a":2}', c.DuplicateKey),
        (b'[{"a":{"b":1,"b":1}}]', c.DuplicateKey),
        (b"[NaN]", c.JsonMalformed),
        (b"[Infinity]", c.JsonMalformed),
        (b"[-Infinity]", c.JsonMalformed),
        (b"\xef\xbb\xbf{}", c.JsonMalformed),
        (b'"\\ud800"', c.JsonMalformed),
        (b'"\xff"', c.JsonMalformed),
        (b'"\xed\xa0\x80"', c.JsonMalformed),
        (b"", c.JsonMalformed),
        (b"{} {}", c.JsonMalformed),
        (b"[1.0]", c.NumberNotAllowed),
        (b"[1e2]", c.NumberNotAllowed),
        (b"[9007199254740992]", c.NumberNotAllowed),
        (b"[" + b"9" * 300 + b"]", c.NumberNotAllowed),
        (b"[" + b"9" * 5_000 + b"]", c.JsonMalformed),
        (b"[" * 33 + b"]" * 33, c.JsonTooDeep),
        (b"[" * 100_000, c.JsonTooDeep),
        (b" " * (c.MAX_JSON_BYTES + 1), c.JsonTooLong),
    ],
)
def test_unusable_json_is_refused_with_its_own_error(text: bytes, error: type[LedgerError]) -> None:
    """Each kind of unusable JSON has its own typed error, whatever its size."""
    with pytest.raises(error):
        c.parse_strict(text)


@pytest.mark.parametrize(
    ("text", "offset"),
    [(b'{"a":1,"a":2}', 5), (b'{"b":1,"a":2}', 2), (b"[1, 2]", 3), (b"[1]\n", 3), (b"-0", 0)],
)
def test_other_spellings_are_not_canonical(text: bytes, offset: int) -> None:
    """Repeats, order, spaces and a minus zero are refused, naming the first such byte."""
    with pytest.raises(c.NotCanonical) as caught:
        c.require_canonical(text)
    assert caught.value.fields["offset"] == offset


def test_a_limit_of_the_caller_is_kept() -> None:
    """The caller's own limits of length and depth replace the defaults."""
    with pytest.raises(c.JsonTooLong):
        c.parse_strict(b"[1]", max_bytes=2)
    with pytest.raises(c.JsonTooDeep) as caught:
        c.parse_strict(b"[[1]]", max_depth=1)
    assert caught.value.fields["limit"] == 1


def test_the_published_vectors_hold() -> None:
    """Of the published JCS documents, those within the vocabulary give the same bytes."""
    if not VECTORS.is_dir():
        pytest.skip("the published JCS vectors are not here")
    written = refused = 0
    for source in sorted((VECTORS / "input").glob("*.json")):
        try:
            written += c.canonical(json.loads(source.read_text("utf-8"))) == (
                VECTORS / "output" / source.name
            ).read_bytes().removesuffix(b"\n")
        except (c.NumberNotAllowed, c.KeyNotAscii):
            refused += 1
    assert (written, refused) == (2, 4)
