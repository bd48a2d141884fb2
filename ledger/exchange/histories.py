"""Whether the log of a sender is still the one that it was, by all that was seen of it.

A checkpoint of a size that another message gave another root, or a consistency proof that leads
from another root than was seen, shows two histories. Both checkpoints are then kept as evidence
(``ledger.log.forks``).
"""

from __future__ import annotations

from contextlib import suppress

from ledger.errors import LedgerError
from ledger.exchange.accepting import Grown, OriginForked, require_grown, require_one_history
from ledger.exchange.forms import Bundle, Message
from ledger.exchange.kept import kept, kept_message
from ledger.exchange.peers import Peer
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.forks import Fork
from ledger.storage.port import EntryStore


def require_history(
    store: EntryStore, message: Message, signed: SignedCheckpoint, peer: Peer
) -> None:
    """``signed`` is the sender's checkpoint in ``message``. Raises ``OriginForked``, once the
    evidence is kept, or ``ProofBroken``.
    """
    roots = {size: root for size, (root, _) in peer.roots.items()}
    try:
        require_one_history(message, signed.checkpoint, roots, _later_proofs(store, message, peer))
        require_grown(message, signed.checkpoint, roots)
    except OriginForked as fork:
        _keep(store, message, signed, peer, int(str(fork.fields["size"])))
        raise


def _later_proofs(store: EntryStore, message: Message, peer: Peer) -> dict[int, Grown]:
    """Of the next bundle, where that came first: it proves that the log grew from here."""
    if not isinstance(message, Bundle):
        return {}
    for known in peer.received.values():
        facts = known.facts
        if facts.message_kind == "bundle" and facts.sequence == message.sequence + 1:
            shown = kept_message(store, facts.message, Bundle).logs[0].consistency
            if shown is not None and facts.size is not None and facts.root is not None:
                grown = Grown(facts.size, facts.root, shown.hashes, facts.message)
                return {shown.size: grown}
    return {}


def bundle_after(store: EntryStore, message: Bundle, peer: Peer) -> Bundle | None:
    """The bundle of the next number; None where it has not come."""
    for known in peer.received.values():
        facts = known.facts
        if facts.message_kind == "bundle" and facts.sequence == message.sequence + 1:
            return kept_message(store, facts.message, Bundle)
    return None


def _keep(
    store: EntryStore, message: Message, signed: SignedCheckpoint, peer: Peer, size: int
) -> None:
    """Both checkpoints, as evidence that convinces whoever knows the log's key."""
    fork: Fork | None = None
    known = peer.roots.get(size)
    if known is not None:
        first = _checkpoint_of(store, known[1], message.sender)
        shown = message.logs[0].consistency if isinstance(message, Bundle) else None
        proof = () if size == signed.checkpoint.size or shown is None else shown.hashes
        fork = None if first is None else Fork(first, signed, proof)
    elif (grown := _later_proofs(store, message, peer).get(size)) is not None:
        other = _checkpoint_of(store, grown.message, message.sender)
        fork = None if other is None else Fork(signed, other, grown.hashes)
    if fork is not None and fork.contradicts:
        notes = fork.notes()
        store.keep_notes(lambda _: notes)


def _checkpoint_of(store: EntryStore, digest: str, sender: str) -> SignedCheckpoint | None:
    """The checkpoint of the sender's log in a message that is kept."""
    with suppress(LedgerError):
        for section in kept(store, digest).value.get("logs", ()):
            if section["node"] == sender:
                return SignedCheckpoint.parse(section["checkpoint"].encode("utf-8"))
    return None
