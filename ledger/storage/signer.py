"""A process of its own that signs while the caller stamps and inserts.

A thread would not do: beside busy Python it waits a switch interval for every signature.
The child is a fresh interpreter, so it inherits no lock, no connection and no pipe end;
the seed reaches it over its standard input. When the parent dies, the child reads the
end of its input and ends too.

Over the pipes, integers little-endian:

    parent  seed (32)  type length u32  type
            then per batch: count u32  lengths u32 * count  payloads
    child   public key (32)
            then per batch: signatures (64 * count)

A reply is small (6,400 bytes for 100), so with few batches in flight the child never
waits to write while the parent waits to write to it.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fcntl import fcntl
from pathlib import Path
from typing import IO, Self

from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from ledger.entry import ENTRY_PAYLOAD_TYPE, MAX_PAYLOAD_BYTES
from ledger.storage.errors import SignerFailed

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
MAX_IN_FLIGHT = 8
"""Batches; 8 replies of ``MAX_BATCH`` signatures fit the smallest pipe (64 KiB)."""
MAX_BATCH = 100
PIPE_BYTES = 1 << 20
"""Room for a batch of ordinary entries, so that ``submit`` does not wait for the child."""
STOP_SECONDS = 5.0
_F_SETPIPE_SZ = 1031


class SignerProcess:
    """Ed25519 over DSSE's pre-authentication encoding, in another process.

    A context manager. ``submit`` and ``collect`` overlap with the caller's work inside
    ``session``; ``sign_batch`` does both. Raises ``SignerFailed`` when the child ended.
    """

    def __init__(self, seed: bytes, payload_type: str = ENTRY_PAYLOAD_TYPE) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError("an Ed25519 seed has 32 bytes")
        self._seed = seed
        self._payload_type = payload_type.encode("ascii")
        self._lock = threading.Lock()
        self._in_flight: deque[int] = deque()
        self._process: subprocess.Popen[bytes] | None = None
        self.public_key = b""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this module
            # -P: never import from wherever the caller happens to stand.
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # ready() asks the pipe itself
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path),
            },
            start_new_session=True,  # an interrupt from the keyboard is the parent's to handle
        )
        with suppress(OSError):  # a wish: the system may set a lower limit
            fcntl(self._stdin.fileno(), _F_SETPIPE_SZ, PIPE_BYTES)
        kind = self._payload_type
        self._write(self._seed + len(kind).to_bytes(4, "little") + kind)
        self.public_key = self._read(PUBLIC_KEY_BYTES)
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

    @contextmanager
    def session(self) -> Iterator[None]:
        """Holds the signer for one caller; replies nobody collected are read and dropped."""
        with self._lock:
            try:
                yield
            finally:
                while self._in_flight:
                    self._drop()

    def _drop(self) -> None:
        try:
            self.collect()
        except SignerFailed:
            self._in_flight.clear()

    def submit(self, payloads: Sequence[bytes]) -> None:
        if len(payloads) > MAX_BATCH or len(self._in_flight) >= MAX_IN_FLIGHT:
            raise SignerFailed(reason=f"more than {MAX_IN_FLIGHT} batches of {MAX_BATCH}")
        lengths = array("I", map(len, payloads))
        frame = b"".join((len(payloads).to_bytes(4, "little"), _little(lengths), *payloads))
        self._write(frame)
        self._in_flight.append(len(payloads))

    def ready(self) -> bool:
        """Whether an answer has begun to arrive, or never will: ``collect`` will not wait."""
        poll = select.poll()  # select() stops at descriptor 1,023
        poll.register(self._stdout, select.POLLIN)
        return bool(poll.poll(0))

    def collect(self) -> list[bytes]:
        """The signatures of the oldest batch; waits for them."""
        if not self._in_flight:
            raise SignerFailed(reason="nothing was submitted")
        reply = self._read(self._in_flight.popleft() * SIGNATURE_BYTES)
        return [reply[at : at + SIGNATURE_BYTES] for at in range(0, len(reply), SIGNATURE_BYTES)]

    def sign_batch(self, payloads: Sequence[bytes]) -> list[bytes]:
        """One signature for each payload, in order."""
        signatures: list[bytes] = []
        with self.session():
            for start in range(0, len(payloads), MAX_BATCH):
                if len(self._in_flight) == 2:
                    signatures += self.collect()
                self.submit(payloads[start : start + MAX_BATCH])
            while self._in_flight:
                signatures += self.collect()
        return signatures

    @property
    def _stdin(self) -> IO[bytes]:
        if self._process is None or self._process.stdin is None:
            raise SignerFailed(reason="it is not running")
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        if self._process is None or self._process.stdout is None:
            raise SignerFailed(reason="it is not running")
        return self._process.stdout

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._stdin.fileno(), left) :]
        except OSError as error:
            raise SignerFailed(reason=error.strerror) from error

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self._stdout.fileno(), size)
            if not part:
                raise SignerFailed(reason="it ended")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """The child: signs batches until its input ends."""
    # Here, because only the child needs it: the parent's start is not slowed.
    from ledger.signing.dsse import pae  # noqa: PLC0415

    public_key, secret_key = crypto_sign_seed_keypair(source.read(SEED_BYTES))
    payload_type = source.read(int.from_bytes(source.read(4), "little")).decode("ascii")
    sink.write(public_key)
    sink.flush()
    while len(count := source.read(4)) == 4:
        lengths = array("I", source.read(4 * int.from_bytes(count, "little")))
        if sys.byteorder == "big":
            lengths.byteswap()
        if any(length > MAX_PAYLOAD_BYTES for length in lengths):
            return
        bodies = source.read(sum(lengths))
        signatures = []
        start = 0
        for length in lengths:
            message = pae(payload_type, bodies[start : start + length])
            signatures.append(crypto_sign(message, secret_key)[:SIGNATURE_BYTES])
            start += length
        sink.write(b"".join(signatures))
        sink.flush()


def _little(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
