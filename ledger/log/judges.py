"""An audit's work on every core: blocks of the log judged, then its parts replayed.

The process that asks works, too, whenever the next answer in order is not there yet: it is at
work while the helpers start, and never waits for them while there is something to do.

A helper is a fresh interpreter: it inherits no connection and no lock, only the descriptors of
the temporary files; it opens the store by itself, and is told what to open over its standard
input, where nobody else reads it. Over the pipes go frames (``ledger.log.helper``): first the
orders as a pickle; then requests, marshalled, each answered in order.

A block is answered by ``Block``. An empty answer says that the rows cannot be read, or that
there are none: then whoever asked reads the rest of the log row by row. What a replay needs to
know is told once; a part is answered by pieces of its items behind ``PIECE``, an empty one as a
sign of life, then what else it found behind ``END``.

What a helper was asked for that ended, or said nothing for ``ANSWER_SECONDS``, is done by whoever
asked: neither a block nor a part is left to nobody.
"""

from __future__ import annotations

import marshal
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Final, NamedTuple, TypeVar

from ledger.errors import LedgerError
from ledger.log.claims import Claims, Steps
from ledger.log.helper import Helper, Silent, framed, next_of, started
from ledger.log.judging import BLOCK, Block, Form, Judge
from ledger.log.parting import records_of
from ledger.log.replay import Found, Replay
from ledger.log.scratch import Read, Scratch, read_at
from ledger.storage.port import EntryStore

IN_FLIGHT: Final = 2
"""Asked of a helper at a time: one at work, one that it finds when it is done."""

AHEAD: Final = 40
"""Blocks judged before the first of them is needed: 7 MB, more where rows are handed back."""

LAST_BLOCKS: Final = 100
"""Towards the end blocks become smaller, down to so many leaves: nobody waits long for another."""

PIECE: Final = b"+"
END: Final = b"."

MIN_ENTRIES: Final = 5_000
"""A helper starts in a quarter of a second; in that time so many entries are judged without."""

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Helpers:
    """How to start helpers: ``module`` is run with ``task``, which it opens the store by.

    ``count`` is how many work beside the process that asks.
    """

    module: str
    task: object
    count: int


@dataclass(frozen=True, slots=True)
class Orders:
    """What a helper is told first."""

    task: Any
    forms: Mapping[str, Form]
    keys: dict[bytes, bytes]
    bits: int
    """Of the parts."""
    files: tuple[int, ...]
    """Descriptors: the records by part, the claims. None where all is in memory."""


class ReplayTask(NamedTuple):
    """What is to be known to replay parts."""

    places: list[int]
    """Where the runs of records begin."""
    start: int
    """Of the claims."""
    claims: int
    """How many there are."""
    steps: Steps | None
    """See ``Replay``."""


class Replayed(NamedTuple):
    """What became of a part."""

    faults: list[Found]
    counts: dict[Any, int]
    """Of faults, by kind."""
    items: list[tuple[int, int]]
    """Where the pieces of its items stand in the file of records, and how long they are."""


class Crew:
    """This process and its helpers."""

    def __init__(
        self,
        store: EntryStore,
        orders: Orders,
        scratches: tuple[Scratch, Scratch],
        running: list[Helper],
    ) -> None:
        self._store = store
        self._orders = orders
        self._records, self._claims = scratches
        self._running = running

    def blocks(self, stop: int) -> Iterator[Block | None]:
        """The blocks of the log up to ``stop``, in order; None, and the end, where one cannot
        be read or is empty.
        """
        judge = Judge(self._orders.forms, self._orders.keys, self._orders.bits)
        own = partial(_block, self._store, judge)
        is_over = False

        def ranges() -> Iterator[tuple[int, int]]:
            for one in _ranges(stop, len(self._running) + 1):
                if is_over:
                    return
                yield one

        blocks = _in_turn(ranges(), own, self._running, _asked_block)
        for block in blocks:
            if block is None:
                is_over = True  # what was asked is answered still, and nobody wants it
                deque(blocks, 0)
            yield block

    def parts(self, task: ReplayTask, parts: Iterable[int]) -> Iterator[Replayed]:
        """These parts, replayed, in their order. Raises errors of ``scratch``."""

        def kept(pieces: Iterable[bytes]) -> list[tuple[int, int]]:
            return [(self._records.append(items), len(items)) for items in pieces if items]

        def own(part: int) -> Replayed:
            replay = _replay(task, self._orders.bits, self._claims.read)
            found = _items(replay, task, self._orders.bits, self._records.read, part)
            return Replayed(replay.faults, replay.counts, kept(found))

        def answer(helper: Helper, _: int) -> Replayed:
            told = b""

            def pieces() -> Iterator[bytes]:
                nonlocal told
                while (told := helper.answer())[:1] == PIECE:
                    yield told[1:]

            items = kept(pieces())  # of one that falls silent halfway nothing is used
            faults, counts = marshal.loads(told[1:])  # noqa: S302 - we started it
            return Replayed([Found(*one) for one in faults], counts, items)

        # Where all is in memory there is little, and nobody else has it.
        running = self._running if self._orders.files else []
        for helper in running:
            helper.send(marshal.dumps(tuple(task)))
        yield from _in_turn(((part,) for part in parts), own, running, answer)


@contextmanager
def crew(
    store: EntryStore,
    orders: Callable[[], Orders],
    stop: int,
    helpers: Helpers | None,
    scratches: tuple[Scratch, Scratch],
) -> Iterator[Crew]:
    """``helpers`` are started where there is enough to do for them, and end with the block.

    What they are to be told is asked for while they start.
    """
    count = 0 if helpers is None or stop < MIN_ENTRIES else helpers.count
    with ExitStack() as stack:
        running: list[Helper] = []
        if helpers is not None:
            files = descriptors(scratches)
            starting = [started(helpers.module, files) for _ in range(count)]
            running = [stack.enter_context(one) for one in starting]
        told = orders()
        for helper in running:
            helper.send(pickle.dumps(told))
        yield Crew(store, told, scratches, running)


def descriptors(scratches: Iterable[Scratch]) -> tuple[int, ...]:
    """Empty where all is in memory."""
    return tuple(one.descriptor for one in scratches if one.descriptor is not None)


def _ranges(stop: int, workers: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start < stop:
        size = min(BLOCK, max((stop - start) // (2 * IN_FLIGHT * workers), LAST_BLOCKS))
        yield start, min(stop, start + size)
        start += size


def _block(store: EntryStore, judge: Judge, start: int, stop: int) -> Block | None:
    try:
        rows = store.raw_rows(start, stop)
    except LedgerError:
        return None
    # A single row under an enormous number: nobody looks at all the blocks before it.
    return judge.block(rows, start, stop) if rows else None


def _asked_block(helper: Helper, *_: int) -> Block | None:
    answer = helper.answer()
    return Block.from_bytes(answer) if answer else None


def _replay(task: ReplayTask, bits: int, read_claims: Read) -> Replay:
    return Replay(Claims(read_claims, task.start, task.claims), task.steps, bits)


def _items(replay: Replay, task: ReplayTask, bits: int, read: Read, part: int) -> Iterator[bytes]:
    """Pieces of the items of a part; an empty one now and then where there are none."""
    return replay.run(records_of(read, task.places, bits, part))


def _in_turn(
    tasks: Iterator[tuple[int, ...]],
    own: Callable[..., _R],
    running: list[Helper],
    answer: Callable[..., _R],
) -> Iterator[_R]:
    """What comes of the tasks, in their order, whoever did them."""
    ahead: deque[tuple[Helper, tuple[int, ...]] | tuple[None, _R]] = deque()

    def ask(helper: Helper) -> None:
        if not helper.is_lost and (asked := next(tasks, None)) is not None:
            helper.send(marshal.dumps(asked))
            ahead.append((helper, asked))

    for _ in range(IN_FLIGHT):
        for helper in running:
            ask(helper)
    while True:
        first = ahead[0][0] if ahead else None
        if not ahead or (first is not None and len(ahead) < AHEAD and not first.is_ready()):
            if (asked := next(tasks, None)) is not None:
                ahead.append((None, own(*asked)))
                continue
            if not ahead:
                return
        done = ahead.popleft()
        if done[0] is None:
            yield done[1]
        else:
            try:
                found = answer(done[0], *done[1])
            except Silent:
                found = own(*done[1])
            ask(done[0])
            yield found


def serve(source: IO[bytes], sink: IO[bytes], opened: Callable[[Any], EntryStore]) -> None:
    """The helper: open what the task says, then do what is asked until the input ends."""
    data = next_of(source)
    if not data:
        return
    orders: Orders = pickle.loads(data)  # noqa: S301 - from the process that started this one
    try:
        store = opened(orders.task)
    except LedgerError:
        return  # whoever asked has the store open, and does all of it
    try:
        for answer in _answers(source, orders, store):
            sink.write(framed(answer))
            sink.flush()
    except BrokenPipeError:  # whoever asked has ended
        pass
    finally:
        store.close()


def _answers(source: IO[bytes], orders: Orders, store: EntryStore) -> Iterator[bytes]:
    """What each request is answered by: see the module."""
    judge = Judge(orders.forms, orders.keys, orders.bits)
    task: ReplayTask | None = None
    while request := next_of(source):
        asked = marshal.loads(request)  # noqa: S302 - from the process that started this one
        if len(asked) == 2:
            block = _block(store, judge, *asked)
            yield b"" if block is None else block.to_bytes()
        elif len(asked) == 1:
            assert task is not None
            records, claims = (partial(read_at, each) for each in orders.files)
            replay = _replay(task, orders.bits, claims)
            for items in _items(replay, task, orders.bits, records, *asked):
                yield PIECE + items
            yield END + marshal.dumps(([tuple(one) for one in replay.faults], replay.counts))
        else:
            task = ReplayTask(*asked)
