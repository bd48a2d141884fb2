"""A writing process for the concurrency tests: ``python -m tests.contract.writer``.

Arguments: address, node, number of the writer, appends, drafts of each append, and the
seconds after which it stops. It prints one line for each acknowledged append: its number,
when it began and ended (monotonic, common to all processes of the machine), first index.
"""

from __future__ import annotations

import sys
import time

from ledger.storage.opening import open_store
from tests.contract.material import Sealing, drafts

STREAMS = 1_000_000
"""Stream numbers of one writer: no two writers share a stream."""


def main(url: str, node: str, number: int, appends: int, size: int, seconds: float) -> None:
    store = open_store(url, create=False, node=node, lock_timeout=60.0)
    sealing = Sealing()
    end = time.monotonic() + seconds
    for count in range(appends):
        batch = drafts(number * STREAMS + count * size, size)
        began = time.monotonic()
        appended = store.append(batch, sealing=sealing)
        print(count, began, time.monotonic(), appended.entries[0].index, flush=True)
        if time.monotonic() > end:
            break
    store.close()


if __name__ == "__main__":
    _, address, name, *numbers = sys.argv
    main(address, name, *map(int, numbers[:3]), float(numbers[3]))
