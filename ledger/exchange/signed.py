"""A message whose envelope and header hold, and what its sections make of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from ledger.errors import Phrase
from ledger.exchange.evidence import Evidence, Section
from ledger.exchange.forms import LogSection, Message
from ledger.exchange.judged import Judged
from ledger.exchange.refuted import MESSAGE_
from ledger.log.trust import Trust, TrustedKey
from ledger.log.verdict import Reason, Verdict
from ledger.log.verifying import best, by_key, worst
from ledger.signing.dsse import Envelope

SIGNER_COMPROMISED: Final = "signer_compromised"
NEWER_TRUST_LIST: Final = "newer_trust_list"
"""The sender went by a later list than the reader."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A message whose envelope and header hold, as far as the trust list knows its signers."""

    envelope: Envelope
    digest: str
    message: Message
    signers: tuple[TrustedKey, ...]
    evidence: Evidence

    @property
    def trust(self) -> Trust:
        return self.evidence.trust

    def sections(self, given: Iterable[LogSection]) -> list[Section]:
        """Each section judged. Raises ``MessageRefuted``."""
        own = self.message.sender
        return [self.evidence.section(one, may_extend=one.node == own) for one in given]

    def verdict(self, sections: Iterable[Section], what: Phrase = MESSAGE_) -> Verdict:
        """What the keys that signed make of the whole, and the worst of the sections.

        Of a compromised key nothing dates the envelope: whoever has the key can put an old
        checkpoint with its cosignatures into an envelope of today.
        """
        message = self.message
        good = Verdict.of(
            Reason.MESSAGE_VERIFIED,
            what=what,
            node=message.sender,
            recipient=message.recipient or "-",
        )
        if not self.signers:
            known = any(node.node == message.sender for node in self.trust.nodes)
            reason = Reason.UNKNOWN_KEY if known else Reason.UNKNOWN_LOG
            found = Verdict.of(reason, name=message.sender)
        else:
            states = (by_key(key, what, good, self.trust, None) for key in self.signers)
            found = best(states)
        return worst(found, *(one.verdict for one in sections))

    def remarks(self) -> tuple[str, ...]:
        """What the reader should know though it is no fault."""
        found: list[str] = []
        if self.signers and all(key.since is not None for key in self.signers):
            found.append(SIGNER_COMPROMISED)
        listed = self.message.trust_list
        if listed is not None and listed.version > self.trust.version:
            found.append(NEWER_TRUST_LIST)
        return tuple(found)

    def judged(self, verdict: Verdict, sections: Iterable[Section] = (), **more: object) -> Judged:
        """The result; ``more`` are the members of ``Judged`` that the kind has."""
        checkpoints = tuple((one.node, one.checkpoint) for one in sections if one.verdict.is_good)
        remarks = (*self.remarks(), *cast("tuple[str, ...]", more.pop("remarks", ())))
        return Judged(
            verdict,
            self.digest,
            self.envelope,
            self.message,
            checkpoints=checkpoints,
            remarks=remarks,
            **more,  # type: ignore[arg-type]
        )
