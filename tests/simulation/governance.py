"""The trust lists of the simulated region: one governor, who gets round whoever is cut off.

A list is made of what all members say of themselves at that instant. When each adopts it is
the scheduler's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from ledger.exchange.trust_list import TrustList
from ledger.exchange.trust_making import make_list
from ledger.log.trust import Trust
from ledger.signing.keys import SigningKey, new_signing_key
from tests.simulation.homes import Sources

GOVERNOR: SigningKey = new_signing_key(sha256(b"governor of the simulation").digest())


def next_list(
    members: Iterable[Trust], sources: Sources, before: TrustList | None, life: timedelta
) -> TrustList:
    made = make_list(
        list(members),
        governors=[GOVERNOR.public],
        threshold=1,
        issued_at=sources.now,
        expires_at=sources.now + life,
        before=before,
    )
    return made.signed_by(GOVERNOR)
