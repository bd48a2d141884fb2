"""A helper of the audit: ``python -m ledger.audit_process``, started by ``ledger.log.judges``."""

from __future__ import annotations

import gc
import sys

from ledger.bootstrap import open_for_audit
from ledger.log.judges import serve

if __name__ == "__main__":
    gc.disable()  # rows hold no cycles, and walking them again and again takes time
    serve(sys.stdin.buffer, sys.stdout.buffer, open_for_audit)
