"""Work done before it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.storage.ahead import Ahead


def test_ahead_keeps_order_and_bound() -> None:
    """Items made early come once, in order, and never more than the limit wait."""
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    ahead = Ahead(items(), 3)
    assert [ahead.step() for _ in range(5)] == [True, True, True, False, False]
    assert taken == [0, 1, 2]
    assert ahead.take(2) == [0, 1]
    assert ahead.take(3) == [2, 3, 4]
    assert ahead.take(3) + ahead.take(3) == [5, 6, 7, 8, 9]
    assert ahead.take(3) == []


def test_ahead_raises_in_its_place() -> None:
    """An error met early is raised when its item is asked for, not in ``step``."""

    def items() -> Iterator[int]:
        yield 1
        raise ValueError("of the second item")

    ahead = Ahead(items(), 5)
    assert [ahead.step(), ahead.step()] == [True, False]
    assert ahead.take(1) == [1]
    with pytest.raises(ValueError, match="second"):
        ahead.take(1)
