"""A helper of the audit: ``python -m ledger.audit_process``, started by ``ledger.log.judges``."""

from __future__ import annotations

import gc
import sys

from ledger.log.judges import serve
from ledger.storage.opening import open_reader

if __name__ == "__main__":
    gc.disable()  # rows hold no cycles, and walking them again and again takes time
    serve(sys.stdin.buffer, sys.stdout.buffer, open_reader)
