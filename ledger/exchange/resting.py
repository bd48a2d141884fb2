"""The garbage collector rests while a large message is made or judged."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_rests() -> Iterator[None]:
    """Of a large message ever more lives at once, and none of it in cycles: to walk it all again
    and again takes longer than to verify its signatures.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if not gc.get_freeze_count():
                gc.freeze()  # counts it all as old: the next walk is not at once
                gc.unfreeze()
            gc.enable()
