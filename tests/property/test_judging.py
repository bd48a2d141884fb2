"""Many rows judged at once are judged as each by itself."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.codec import decode
from ledger.entry import MAX_PAYLOAD_BYTES, format_instant
from ledger.log import judging
from ledger.log.forms import forms
from ledger.log.judging import Judge
from ledger.storage.rows import RawRow, entry_of, from_micros
from tests.unit.log.small_log import small_log

pytestmark = pytest.mark.property

FORMS = forms("xiamen")
PATTERNS = {topic: re.compile(form.pattern) for topic, form in FORMS.items()}


class Log:
    def __init__(self, rows: list[RawRow], keys: dict[bytes, bytes]) -> None:
        self.rows = rows
        self.keys = keys
        self.plain = [row for row in rows if row[3] in FORMS]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    with small_log(tmp_path_factory.mktemp("judged") / "home") as made:
        rows = made.store.raw_rows(0, made.store.size())
        key = made.node.signing_key
        yield Log(list(rows), {bytes.fromhex(key.keyid): key.public})


def expected(row: RawRow, keys: dict[bytes, bytes]) -> tuple[str, ...] | None:
    """By the words of the module, one after the other."""
    _, key, version, topic, state, micros, keyid, signature, _ = row
    if type(topic) is not str or topic not in PATTERNS:
        return None
    if type(state) is not bytes or type(signature) is not bytes:
        return None
    if type(version) is not int or type(micros) is not int:
        return None
    if len(signature) != 64 or len(state) > MAX_PAYLOAD_BYTES or keyid not in keys:
        return None
    try:
        matched = PATTERNS[topic].fullmatch(state.decode())
        instant = format_instant(from_micros(micros))
    except (ValueError, OverflowError):
        return None
    if matched is None:
        return None
    prev, recorded_at, _, seq, stream, _ = matched.groups()
    fits = (
        recorded_at == instant
        and seq == str(version)
        and key == f"{FORMS[topic].kind}/{stream}"
        and (prev is None) == (version == 1)
        and prev != "0" * 64
    )
    return matched.groups("") if fits else None


ODD: list[Any] = [None, 1, 0, -1, 2, 2**62, 1.0, 1.5, "", "1", "x", b"", b"1", b"\n", True]


def mutated(drawn: random.Random, row: RawRow) -> RawRow:
    """One column is another, in the most different ways."""
    values = list(row)
    column = drawn.randrange(1, 9)
    value = values[column]
    how = drawn.randrange(5)
    if how == 0 or value is None:
        values[column] = drawn.choice(ODD)
    elif isinstance(value, bytes) and value:
        at = drawn.randrange(len(value))
        new = drawn.choice([b"\n", b"", b"\xff", b"0", b'"', b"\xe7", b"\r", b"\xe2\x80\xa8"])
        values[column] = value[:at] + new + value[at + drawn.randrange(2) :]
        if how == 1:
            values[column] = value[: at + 1]
        elif how == 2:
            old, new = drawn.choice(
                [
                    (b'"seq":1', b'"seq":2'),
                    (b'"seq":2', b'"seq":1'),
                    (b'"prev":null', b'"prev":"%b"' % (b"0" * 64)),
                    (b'"prev":null', b'"prev":"%b"' % (b"a" * 64)),
                    (b'"kind":"subject"', b'"kind":"access"'),
                    (b"{", b"\n{"),
                    (b"}", b"}\n"),
                ]
            )
            values[column] = value.replace(old, new)
        elif how == 3:
            values[column] = re.sub(rb'"prev":"[0-9a-f]+"', b'"prev":"%b"' % (b"0" * 64), value)
    elif isinstance(value, str):
        values[column] = drawn.choice([value[:-1], value + "\n", value.upper(), "SubjectOpened:1"])
    else:
        values[column] = value + drawn.choice([-1, 1, 2**40])
    return tuple(values)


@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.02, 0.3, 1.0]))
def test_rows_judged_at_once_are_judged_as_each_alone(log: Log, seed: int, share: float) -> None:
    """Whatever stands beside a row, and whatever a column holds: what passes, and what it says."""
    drawn = random.Random(seed)
    source = drawn.choice([log.rows, log.plain])
    rows = [drawn.choice(source) for _ in range(drawn.choice([1, 2, 60]))]
    rows = [mutated(drawn, row) if drawn.random() < share else row for row in rows]
    judge = Judge(FORMS, log.keys, 0)
    said = judge.said(rows)
    assert said == [expected(row, log.keys) for row in rows]
    for row, one in zip(rows, said, strict=True):
        if one is not None:
            decode(entry_of(row))


def test_what_passes_alone_passes_among_others(log: Log) -> None:
    """All but those that govern, and not because nothing passes."""
    said = Judge(FORMS, log.keys, 0).said(log.rows)
    passed = [row for row, one in zip(log.rows, said, strict=True) if one is not None]
    assert passed == log.plain
    assert len(passed) > 10


def test_instants_at_hand_stay_few(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the verdict does not depend on which they are."""
    monkeypatch.setattr(judging, "MAX_INSTANTS", 2)
    judge = Judge(FORMS, log.keys, 0)
    for row in log.plain:
        assert judge.said([row]) == [expected(row, log.keys)]
        assert len(judge._instants) <= 2
    assert judge.said(log.plain) == [expected(row, log.keys) for row in log.plain]
