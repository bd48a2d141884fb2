"""The signer process: the same signatures, beside the writer, and never a half append."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.entry import MAX_PAYLOAD_BYTES
from ledger.storage.errors import SignerFailed
from ledger.storage.opening import Store
from ledger.storage.pipeline import PIPELINE_MIN
from ledger.storage.signer import SignerProcess
from tests.contract.material import SEED, Sealing, Stepping, check_log, drafts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def signer() -> Iterator[SignerProcess]:
    with SignerProcess(SEED) as process:
        yield process


def test_it_signs_what_the_node_would_sign(signer: SignerProcess) -> None:
    """Ed25519 is deterministic: signatures are those of the inline path, in order."""
    payloads = [b"%d" % n * (n % 7) for n in range(250)]
    assert signer.public_key == Sealing().public_key
    assert signer.sign_batch(payloads) == Sealing().sign_batch(payloads)
    assert signer.sign_batch([]) == []


def test_the_largest_payloads_do_not_lock_the_pipes(signer: SignerProcess) -> None:
    """Thirteen megabytes on their way to the child do not wait for its answers."""
    payloads = [b"x" * MAX_PAYLOAD_BYTES] * 200
    assert len(signer.sign_batch(payloads)) == 200


def test_answers_nobody_collected_are_dropped(signer: SignerProcess) -> None:
    """After a session that failed the next one gets its own signatures."""

    def fail_halfway() -> None:
        with signer.session():
            signer.submit([b"one"])
            signer.submit([b"two"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert signer.sign_batch([b"three"]) == Sealing().sign_batch([b"three"])


def test_more_than_the_pipes_hold_is_refused(signer: SignerProcess) -> None:
    """Limits that keep both sides from waiting for each other are enforced."""
    with signer.session(), pytest.raises(SignerFailed):
        signer.submit([b"x"] * 101)
    with signer.session():
        for _ in range(8):
            signer.submit([b"x"])
        with pytest.raises(SignerFailed):
            signer.submit([b"x"])
    with signer.session(), pytest.raises(SignerFailed):
        signer.collect()


def test_a_bulk_append_is_signed_by_both_and_stays_in_order(
    store: Store, signer: SignerProcess
) -> None:
    """Whoever signed an entry, the log is sound and every signature verifies."""
    sealing = Sealing(pipeline=signer)
    appended = store.append(drafts(0, 2_345), sealing=sealing)
    store.append(drafts(5_000, PIPELINE_MIN), sealing=sealing)
    entries = list(store.scan())
    assert entries[:2_345] == appended.entries
    assert len(entries) == 2_345 + PIPELINE_MIN
    check_log(entries, sealing.public_key)


class Counting:
    """A signer that signs when asked for the answer, and is never ready before."""

    def __init__(self) -> None:
        self.submitted: list[Sequence[bytes]] = []
        self.total = 0

    @contextmanager
    def session(self) -> Iterator[None]:
        yield

    def submit(self, payloads: Sequence[bytes]) -> None:
        self.total += len(payloads)
        self.submitted.append(payloads)

    def ready(self) -> bool:
        return False

    def collect(self) -> list[bytes]:
        return Sealing().sign_batch(self.submitted.pop(0))


def test_few_entries_are_signed_inline(store: Store) -> None:
    """An interactive append does not pay for the round trip."""
    slow = Counting()
    store.append(drafts(0, PIPELINE_MIN - 1), sealing=Sealing(pipeline=slow))
    assert slow.total == 0
    store.append(drafts(500, PIPELINE_MIN), sealing=Sealing(pipeline=slow))
    assert slow.total > 0
    check_log(list(store.scan()), Sealing().public_key)


def test_the_caller_works_while_the_signer_does(store: Store) -> None:
    """``meanwhile`` is called until it has nothing left to do."""
    left = [1] * 5
    calls = []

    def meanwhile() -> bool:
        calls.append(len(left))
        return bool(left and left.pop())

    store.append(drafts(0, 1_000), sealing=Sealing(pipeline=Counting()), meanwhile=meanwhile)
    assert calls == [5, 4, 3, 2, 1, 0]
    check_log(list(store.scan()), Sealing().public_key)


def test_a_signer_that_dies_takes_the_whole_append_with_it(store: Store) -> None:
    """Nothing is written, the error says why, and the store goes on without it."""
    with SignerProcess(SEED) as process:
        assert process._process is not None
        child = process._process
        seen = []

        def kill() -> None:
            child.kill()
            child.wait()

        class Dies(Stepping):
            def recorded_at(self, last, at):  # type: ignore[no-untyped-def]
                kill()
                seen.append(last)
                return super().recorded_at(last, at)

        sealing = Dies()
        sealing.pipeline = process
        with pytest.raises(SignerFailed):
            store.append(drafts(0, 1_000), sealing=sealing)
        assert seen == [None]
    assert store.size() == 0
    store.append(drafts(0, 1_000), sealing=Stepping())
    assert store.size() == 1_000


def test_the_child_ends_with_its_parent() -> None:
    """kill -9 of the parent leaves no process behind that knows the seed."""
    program = (
        "import time; from ledger.storage.signer import SignerProcess\n"
        "with SignerProcess(bytes(32)) as signer:\n"
        "    print(signer._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert _alive(child)
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"  # ended, and not yet collected by whoever adopted it


def test_the_seed_is_not_on_the_command_line_or_in_the_environment() -> None:
    """Other users of the machine can read both."""
    seed = b"seed-seed-seed-seed-seed-seed-!!"
    with SignerProcess(seed) as process:
        assert process._process is not None
        folder = Path(f"/proc/{process._process.pid}")
        if not folder.exists():
            pytest.skip("needs /proc")
        assert seed not in (folder / "cmdline").read_bytes()
        assert seed not in (folder / "environ").read_bytes()
        assert seed.hex().encode() not in (folder / "cmdline").read_bytes()


def test_a_seed_of_the_wrong_length_is_refused() -> None:
    """Only 32 bytes are a seed."""
    with pytest.raises(ValueError, match="32 bytes"):
        SignerProcess(b"short")
