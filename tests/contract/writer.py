"""A writing process for the concurrency tests: ``python -m tests.contract.writer``.

Arguments: address, node, number of the writer, appends, drafts of each append, and the
seconds after which it stops. It prints one line for each acknowledged append: its number,
when it began and ended (monotonic, common to all processes of the machine), first index.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from ledger.storage.opening import open_store
from tests.contract.material import Sealing, drafts

STREAMS = 1_000_000
"""Stream numbers of one writer: no two writers share a stream."""


def main(url: str, node: str, limits: Sequence[int], seconds: float) -> None:
    number, appends, size = limits
    store = open_store(url, create=False, node=node, lock_timeout=60.0)
    sealing = Sealing()
    end = time.monotonic() + seconds
    for count in range(appends):
        batch = drafts(number * STREAMS + count * size, size)
        began = time.monotonic()
        appended = store.append(batch, sealing=sealing)
        told = (count, began, time.monotonic(), appended.entries[0].index)
        print(*told, flush=True)  # noqa: T201 - its parent reads it
        if time.monotonic() > end:
            break
    store.close()


if __name__ == "__main__":
    _, address, name, *numbers = sys.argv
    main(address, name, [int(number) for number in numbers[:3]], float(numbers[3]))
