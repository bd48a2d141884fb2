"""Canonical bytes: what must hold for every value of the vocabulary, and for every byte."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from enum import StrEnum
from typing import Literal
from uuid import UUID

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.errors import UnusableInput
from ledger.signing.canonical import (
    MAX_DEPTH,
    MAX_SAFE_INTEGER,
    canonical,
    canonical_unchecked,
    parse_strict,
    require_canonical,
)

LANGUAGES: tuple[Literal["en", "zh-CN", "zh-TW"], ...] = ("en", "zh-CN", "zh-TW")

pytestmark = pytest.mark.property


class Word(StrEnum):
    ONE = "one"


keys = st.text(st.characters(max_codepoint=0x7F), max_size=8)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
integers = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
scalars = st.none() | st.booleans() | integers | texts
vocabulary = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=25,
)
foreign = st.one_of(
    st.floats(),
    st.integers(min_value=MAX_SAFE_INTEGER + 1),
    st.integers(max_value=-MAX_SAFE_INTEGER - 1),
    st.just("\ud800"),
    st.just("a\udfffb"),
    st.binary(max_size=3),
    st.just(UUID(int=1)),
    st.just(Word.ONE),
    st.just(OrderedDict(a=1)),
    st.just({Word.ONE: 1}),
    st.just(time.gmtime(0)),
    st.sets(st.integers(), max_size=2),
    st.dictionaries(st.text(st.characters(min_codepoint=0x80), min_size=1), st.none(), min_size=1),
    st.dictionaries(st.integers(), st.none(), min_size=1),
)
"""None of these belongs to the vocabulary, at whatever place it stands."""


@given(vocabulary)
@example('\x00\x1f\x7f\u2028\u2029"\\/\b\t\n\f\r\U0001f600\ufeff')
@example({"b": 1, "a": 2, "B": 3, "": 4, "a\x00": 5, "\x7f": 6, "10": 7, "9": 8})
@example([MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER, 0, True, False, None])
def test_the_bytes_are_those_of_rfc_8785(value: object) -> None:
    """For the whole vocabulary the fast encoder writes what the reference writes."""
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert canonical_unchecked(value) == canonical(value)


@given(vocabulary)
def test_what_is_written_is_read_back(value: object) -> None:
    """Both readers return the value that was written."""
    assert require_canonical(canonical(value)) == value
    assert parse_strict(canonical(value)) == value


@given(foreign, st.lists(st.sampled_from(["list", "dict", "tuple"]), max_size=5), vocabulary)
def test_a_foreign_value_is_refused_wherever_it_stands(
    value: object, around: list[str], beside: object
) -> None:
    """No value outside the vocabulary is written, at no depth; the error is a typed one."""
    for kind in around:
        if kind == "dict":
            value = {"a": beside, "b": value}
        else:
            value = [beside, value] if kind == "list" else (beside, value)
    with pytest.raises(UnusableInput):
        canonical(value)


@given(st.integers(0, MAX_DEPTH + 3))
def test_depth_has_one_limit_for_writing_and_reading(depth: int) -> None:
    """What is nested up to the limit is written and read, one level more is neither."""
    value: object = 1
    for _ in range(depth):
        value = [value]
    text = b"[" * depth + b"1" + b"]" * depth
    if depth <= MAX_DEPTH:
        assert canonical(value) == text
        assert parse_strict(text) == require_canonical(text) == value
    else:
        for call in (lambda: canonical(value), lambda: parse_strict(text)):
            with pytest.raises(UnusableInput):
                call()
        with pytest.raises(UnusableInput):
            require_canonical(text)


def spelled(draw: st.DrawFn, value: object) -> str:
    """Some other JSON spelling of a value, with free spaces, order, escapes and repeats."""
    space = draw(st.sampled_from(["", "", " ", "\n"]))
    if isinstance(value, dict):
        members = [
            f"{space}{spelled(draw, key)}:{spelled(draw, item)}" for key, item in value.items()
        ]
        if members and draw(st.integers(0, 5)) == 0:
            members.append(draw(st.sampled_from(members)))
        return "{" + ",".join(draw(st.permutations(members))) + space + "}"
    if isinstance(value, list):
        return f"[{space}" + ",".join(spelled(draw, item) for item in value) + "]"
    if type(value) is int and draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from([f"{value}.0", f"{value}e0", f"{value}E+0"]))
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


@st.composite
def spellings(draw: st.DrawFn) -> bytes:
    return spelled(draw, draw(vocabulary)).encode()


def repeats_a_member(text: bytes) -> bool:
    repeated = False

    def hook(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal repeated
        repeated |= len(dict(pairs)) != len(pairs)
        return dict(pairs)

    json.loads(text, object_pairs_hook=hook)
    return repeated


def holds_a_float(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(holds_a_float, value.values()))
    if isinstance(value, list):
        return any(map(holds_a_float, value))
    return isinstance(value, float)


@given(spellings())
@example(b'{"a":1,"a":1}')
@example(b'{"a":1,"\\u0061":1}')
@example(b"-0")
@example(b'"\\u00e9"')
@example(b'"\\/"')
def test_only_the_canonical_spelling_is_canonical(text: bytes) -> None:
    """Of all spellings of a value, repeated members included, one alone is let through."""
    value = json.loads(text)
    is_canonical = not holds_a_float(value) and rfc8785.dumps(value) == text
    if is_canonical:
        assert require_canonical(text) == value
    else:
        with pytest.raises(UnusableInput):
            require_canonical(text)


@given(spellings())
@example(b'{"a":{"b":1,"b":1}}')
def test_the_strict_reader_takes_other_spellings_but_no_repeats_and_no_floats(
    text: bytes,
) -> None:
    """Spaces, escapes and order are free; a repeated member or a float is refused."""
    value = json.loads(text)
    if holds_a_float(value) or repeats_a_member(text):
        with pytest.raises(UnusableInput):
            parse_strict(text)
    else:
        assert parse_strict(text) == value


@given(st.binary(max_size=40) | spellings(), st.data())
def test_any_bytes_are_read_or_refused_with_a_typed_error(text: bytes, data: st.DataObject) -> None:
    """No input, mutilated as it may be, ends in anything but a value or a typed error."""
    at = data.draw(st.integers(0, len(text)))
    broken = text[:at] + data.draw(st.binary(max_size=2)) + text[at + 1 :]
    for read in (parse_strict, require_canonical):
        try:
            value = read(broken)
        except UnusableInput as error:
            told = [error.message(language) for language in LANGUAGES]
        else:
            told = ["read"]
            if read is require_canonical:
                assert canonical(value) == broken
        assert all(told)
