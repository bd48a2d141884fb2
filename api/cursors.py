"""The cursor of a page, closed to whoever holds it: it names a line that may be withheld.

``projections.lists`` continues a list after the place of its last line, an index or an id. Outside
that place is encrypted under keys derived from the node's index key, for one question alone: what
another question was given continues nothing here, so that nobody can compare places by asking.
The same place makes the same cursor, as the same page makes the same answer.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from ledger.signing.boxes import lock, unlock
from projections.lists.paging import BadCursor, Cut

DOMAIN: Final = b"credit-ledger/cursor/v1"
NONCE_BYTES: Final = 24
"""Of XSalsa20-Poly1305; derived from the place, so that two places never share one."""
STEP: Final = 64
"""Places are filled up to a multiple of this: the length of an index is not told."""
MAX_CURSOR: Final = 1_024
"""Characters; more continues nothing, and is not decoded."""


class Cursors:
    """Closes and opens the cursors of one question; ``question`` names the list and its filters."""

    def __init__(self, index_key: bytes, question: str) -> None:
        of = hmac.digest(index_key, DOMAIN + question.encode(), "sha256")
        self._key = hmac.digest(of, b"key", "sha256")
        self._nonces = hmac.digest(of, b"nonce", "sha256")

    def closed(self, place: str) -> str:
        plain = place.encode()
        plain = plain.ljust(-(-len(plain) // STEP) * STEP, b"\0")
        nonce = hmac.digest(self._nonces, plain, "sha256")[:NONCE_BYTES]
        return base64.urlsafe_b64encode(lock(plain, self._key, nonce)).decode()

    @contextmanager
    def opened(self, cut: Cut) -> Iterator[Cut]:
        """``cut`` with the place that its cursor holds. Raises ``BadCursor`` with what was given,
        also for what is found to be wrong with the place inside.
        """
        if cut.after is None:
            yield cut
            return
        try:
            yield replace(cut, after=self._place(cut.after))
        except BadCursor:
            raise BadCursor(after=cut.after[:MAX_CURSOR]) from None

    def _place(self, after: str) -> str:
        wrong = BadCursor(after=after)
        if len(after) > MAX_CURSOR:
            raise wrong
        try:
            box = base64.b64decode(after.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise wrong from None
        plain = unlock(box, self._key)
        if plain is None:
            raise wrong
        return plain.rstrip(b"\0").decode()
