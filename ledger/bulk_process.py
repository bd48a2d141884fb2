"""The writing process: ``python -m ledger.bulk_process``, started by ``ledger.bulk``."""

from __future__ import annotations

import sys

from ledger.bootstrap import open_writer
from ledger.bulk import serve

if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer, open_writer)
