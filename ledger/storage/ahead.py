"""Work done before it is asked for: what the append path calls while its signer is busy."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """An iterator's items in their order, some of them made early, never more than ``limit``.

    An error of the iterator is kept until its place is asked for: whoever makes an item
    early is in the middle of something that must not fail for it.
    """

    def __init__(self, items: Iterator[T], limit: int) -> None:
        self._items = items
        self._limit = limit
        self._ready: deque[T] = deque()
        self._over = False
        self._error: Exception | None = None

    def step(self) -> bool:
        """Make one more item; False when there is none to make, or room for none."""
        if self._over or len(self._ready) >= self._limit:
            return False
        try:
            self._ready.append(next(self._items))
        except StopIteration:
            self._over = True
        except Exception as error:  # noqa: BLE001 - raised again by ``take``
            self._over, self._error = True, error
        return not self._over

    def take(self, count: int) -> list[T]:
        """The next ``count`` items, fewer at the end. Raises what the iterator raised."""
        while len(self._ready) < count and self.step():
            pass
        if len(self._ready) < count and self._error is not None:
            raise self._error
        return [self._ready.popleft() for _ in range(min(count, len(self._ready)))]
