"""Boxes: their keys, and the line that lists them. Damaged forms are with the sealing."""

from __future__ import annotations

import pytest

from ledger.signing.boxes import (
    NONCE_BYTES,
    Box,
    DetailsDamaged,
    box_key,
    lock,
    read_details,
    unlock,
    write_details,
)
from ledger.signing.canonical import JSON, canonical

ONE, TWO = b"1" * 32, b"2" * 32


def test_the_key_of_a_box_rests_on_all_that_it_locks() -> None:
    """Another context, field, key id, data key or order of keys gives another box key."""
    keys = [
        box_key("subject/0:1", ["a", "b"], [1, 2], [ONE, TWO]),
        box_key("subject/0:2", ["a", "b"], [1, 2], [ONE, TWO]),
        box_key("subject/0:1", ["a", "c"], [1, 2], [ONE, TWO]),
        box_key("subject/0:1", ["a"], [1, 2], [ONE, TWO]),
        box_key("subject/0:1", ["a", "b"], [1, 3], [ONE, TWO]),
        box_key("subject/0:1", ["a", "b"], [1, 2], [TWO, ONE]),
        box_key("subject/0:1", ["a", "b"], [1, 2], [ONE, bytes(32)]),
        box_key("subject/0:1", ["a", "b"], [1, 2], [bytes(32), TWO]),
        box_key("subject/0:1", ["a", "b"], [1], [ONE]),
        ONE,
        TWO,
    ]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {32}


def test_a_box_opens_with_its_key_alone() -> None:
    """Another key, another byte or a piece of a box gives nothing, and no error of a library."""
    box = lock(b"text", ONE, bytes(NONCE_BYTES))
    assert unlock(box, ONE) == b"text"
    assert unlock(box, TWO) is None
    for size in range(len(box)):
        assert unlock(box[:size], ONE) is None


def test_details_are_read_as_they_were_written() -> None:
    """Also where a box holds what ends the line."""
    boxes = [
        Box(["a", "b"], [1, 2], b"\n" * 40),
        Box(["c"], [2**53 - 1], bytes(60)),
    ]
    assert read_details(write_details(boxes), "c") == boxes


@pytest.mark.parametrize(
    "listed",
    [
        [{"fields": ["a"], "keys": [1], "size": 80}, {"fields": ["b"], "keys": [1], "size": -40}],
        [{"fields": ["a"], "keys": [1], "size": 40}, {"fields": ["b"], "keys": [1], "size": 0}],
        [{"fields": ["a", "a"], "keys": [1], "size": 40}],
        [{"fields": ["a"], "keys": [1], "size": 39}],
        [{"fields": ["a"], "keys": [1], "size": 41}],
    ],
)
def test_a_line_that_does_not_fit_its_boxes_is_damage(listed: list[JSON]) -> None:
    """Also where nobody opens the boxes: each byte belongs to one, each field to one."""
    with pytest.raises(DetailsDamaged):
        read_details(canonical({"v": 1, "boxes": listed}) + b"\n" + bytes(40), "c")
