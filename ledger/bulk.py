"""Writing bulk transactions: in this process, or in one of its own beside it.

A bulk is decided and encoded here, and sealed, stamped, signed and inserted there, so
that both cores work. One transaction is in flight at most: ``submit`` hands it over,
``collect`` waits for what became of it. A process that lost its parent ends with the
transaction it is writing, whole.

The child gets what it needs over its standard input: the store's address, the node's
name, its keys and the kind of its clock; then transactions, as pickles, from
its parent only.
"""

from __future__ import annotations

import marshal
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path
from typing import IO, Any, Protocol, Self

from ledger.application import Sealer
from ledger.codec import OpenDraft
from ledger.entry import Secret
from ledger.errors import ExitCode, LedgerError
from ledger.log.keeper import Keeper
from ledger.storage.errors import GuardChanged, StoreBusy
from ledger.storage.port import EntryStore, Guard, Sealing

LENGTH_BYTES = 8
PIPE_BYTES = 1 << 20
"""Most of a transaction: handing it over does not wait for the writer to read it."""
STOP_SECONDS = 30.0
"""As long as a writer waits for the append lock; then it has lost its patience, too."""

Conflicts = frozenset[str] | None
"""Streams that were set aside; None: the guard changed and nothing was written."""


class BulkWriterFailed(LedgerError):
    code = "bulk_writer_failed"
    exit_code = ExitCode.INTERNAL
    en = "the writing process ended ({reason}); start the import again, it goes on where it stopped"
    zh_cn = "写入进程已终止（{reason}）；请重新导入，将从中断处继续"
    zh_tw = "寫入行程已終止（{reason}）；請重新匯入，將從中斷處繼續"


@dataclass(frozen=True, slots=True)
class Transaction:
    """What is sealed and appended at once; streams in conflict are set aside."""

    drafts: Sequence[OpenDraft]
    guard: Guard
    manifests: tuple[tuple[str, bytes], ...]

    def __reduce__(self) -> tuple[object, ...]:
        """To the writing process: bare tuples pass in a fifth of the time of named ones."""
        plain = [(*draft[:6], tuple(map(tuple, draft.secrets))) for draft in self.drafts]
        return _unpacked, (marshal.dumps(plain), self.guard, self.manifests)


def _unpacked(plain: bytes, guard: Guard, manifests: tuple[tuple[str, bytes], ...]) -> Transaction:
    drafts = [
        OpenDraft(key, version, topic, head, before, after, tuple([Secret(*one) for one in sealed]))
        for key, version, topic, head, before, after, sealed in marshal.loads(plain)  # noqa: S302 - from our own parent
    ]
    return Transaction(drafts, guard, manifests)


class BulkWriter(Protocol):
    def submit(self, transaction: Transaction) -> None:
        """Hand one over; the one before was collected."""

    def collect(self) -> Conflicts:
        """What became of it; raises what writing it raised."""


class InlineWriter:
    """Writes in this process, at ``submit``."""

    def __init__(self, store: EntryStore, sealing: Sealing, sealer: Sealer, keeper: Keeper) -> None:
        self._store = store
        self._sealing = sealing
        self._sealer = sealer
        self._keeper = keeper
        self._outcome: Conflicts = frozenset()

    def submit(self, transaction: Transaction) -> None:
        """Seal, then append all but the streams in conflict."""
        try:
            self._outcome = self._store.append(
                self._sealer.close_all(transaction.drafts),
                sealing=self._sealing,
                guard=transaction.guard,
                set_aside=True,
                manifests=transaction.manifests,
            ).conflicts
        except GuardChanged:
            self._outcome = None
            return
        # Keys or roles have changed: whoever knows them settles. Busy: the next one does.
        with suppress(GuardChanged, StoreBusy):
            self._keeper.tick(Guard(governance=transaction.guard.governance))

    def collect(self) -> Conflicts:
        return self._outcome

    def close(self) -> None:
        """Only where the writer opened what it writes to: in the writing process."""
        self._store.close()
        self._sealer.end()


class WriterProcess:
    """Writes in a process of its own; a context manager."""

    def __init__(self, module: str, task: object) -> None:
        self._module = module
        self._task = task
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our module
            # -P: never import from wherever the caller happens to stand.
            [sys.executable, "-P", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path),
            },
            start_new_session=True,  # an interrupt from the keyboard is the parent's to handle
        )
        assert self._process.stdin is not None
        with suppress(OSError):  # a wish: the system may set a lower limit
            fcntl(self._process.stdin.fileno(), F_SETPIPE_SZ, PIPE_BYTES)
        self._send(self._task)
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def submit(self, transaction: Transaction) -> None:
        self._send(transaction)

    def collect(self) -> Conflicts:
        kind, value = self._receive()
        if kind == "error" and isinstance(value, BaseException):
            raise value
        return value if isinstance(value, frozenset) else None

    def _send(self, value: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            _put(self._process.stdin, value)
        except OSError as error:
            raise BulkWriterFailed(reason=error.strerror) from error

    def _receive(self) -> tuple[str, object]:
        assert self._process is not None
        assert self._process.stdout is not None
        value = _get(self._process.stdout)
        if not isinstance(value, tuple):
            raise BulkWriterFailed(reason="no answer came")
        return value


def serve(source: IO[bytes], sink: IO[bytes], opened: Callable[[Any], InlineWriter]) -> None:
    """The child: open what the task says, then write until its input ends."""
    task = _get(source)
    if task is None:
        return
    writer: InlineWriter | None = None
    try:
        while (transaction := _get(source)) is not None:
            try:
                writer = writer or opened(task)
                writer.submit(transaction)
                answer: tuple[str, object] = ("done", writer.collect())
            except LedgerError as error:
                answer = ("error", error)
            except Exception as error:  # noqa: BLE001 - the parent tells it
                answer = ("error", BulkWriterFailed(reason=f"{type(error).__name__}: {error}"))
            _put(sink, answer)
    except BrokenPipeError:
        pass  # the parent was stopped: nobody is left to tell
    finally:
        if writer is not None:
            writer.close()


def _put(pipe: IO[bytes], value: object) -> None:
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(len(data).to_bytes(LENGTH_BYTES, "little"))
    pipe.write(data)
    pipe.flush()


def _get(pipe: IO[bytes]) -> Any:
    """The next value; None at the end, or where it breaks off."""
    size = pipe.read(LENGTH_BYTES)
    if len(size) < LENGTH_BYTES:
        return None
    data = pipe.read(int.from_bytes(size, "little"))
    if len(data) < int.from_bytes(size, "little"):
        return None
    return pickle.loads(data)  # noqa: S301 - from the process that started this one
