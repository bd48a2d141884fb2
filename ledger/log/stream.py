"""Stored rows read for an answer or a decision: what they say, and that the node said it.

An answer rests on what was read. A row that was moved to another stream, left out or put
in between would change it without a word, so each row is held against its own payload and
against the row before; and a row that the node never signed would change it with any word,
so each signature is verified (some 60 us an entry). A tail that was cut off is the
audit's to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from ledger.codec import UnreadableEntry, decode
from ledger.entry import ENTRY_PAYLOAD_TYPE, Entry, StoredEntry
from ledger.errors import ExitCode, LedgerError
from ledger.events.governance import KeyIntroduced
from ledger.organisations.introduction import DigestAt, by_roots
from ledger.organisations.node_keys import NodeKey, introduced
from ledger.organisations.registry import Registry
from ledger.signing.dsse import pae
from ledger.signing.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, key_id
from ledger.signing.quick import opener
from ledger.subject.aggregate import BrokenStream

NodeKeys = Mapping[str, NodeKey]
"""The node's own keys by key id, as its registry holds them."""

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


class UnsignedEntry(LedgerError):
    """Nothing is answered, decided or written on a row that the node did not sign."""

    code = "unsigned_entry"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "entry {index} is not signed by a key of this node that was valid for it; "
        "run credit-ledger audit"
    )
    zh_cn = "条目 {index} 没有本节点当时有效密钥的签名；请运行 credit-ledger audit"
    zh_tw = "條目 {index} 沒有本節點當時有效金鑰的簽章；請執行 credit-ledger audit"


def signed_entries(rows: Iterable[StoredEntry], keys: NodeKeys) -> Iterator[Entry]:
    """The entries of these rows, each one verified before it is handed on.

    Their order, and that none is missing, is the caller's to hold (``Subject.absorb`` does).
    Raises ``UnreadableEntry`` or ``UnsignedEntry`` for the first row that is at fault.
    """
    for stored in rows:
        entry = decode(stored)
        require_signed(stored, entry, keys)
        yield entry


def read_stream(
    key: str,
    rows: Sequence[StoredEntry],
    keys: NodeKeys,
    reads: Callable[[StoredEntry], Entry] = decode,
) -> list[Entry]:
    """The entries of the stream ``key``, whose rows these are, from the first one on.

    ``reads`` decodes as ``ledger.codec.decode`` does; whoever reads many has a quicker one.

    Raises ``UnreadableEntry`` for the first row that cannot be read, that says something
    else than its payload, or that does not continue the row before; then ``UnsignedEntry``
    as ``require_signed`` does.
    """
    entries: list[Entry] = []
    before: str | None = None
    for seq, stored in enumerate(rows, 1):
        entry = reads(stored)
        why = _contradiction(entry, stored, key, seq, before)
        if why is not None:
            raise UnreadableEntry(index=stored.index, reason=why)
        before = sha256(stored.state).hexdigest()
        entries.append(entry)
    for stored, entry in zip(rows, entries, strict=True):
        require_signed(stored, entry, keys)
    return entries


def fold_governing(
    registry: Registry, rows: Iterable[StoredEntry], founder: bytes, digest_at: DigestAt
) -> None:
    """Fold governing rows, in the order of the log, each verified by what came before it.

    ``founder`` is the raw public key that must have signed the entries before the first key
    is introduced; ``digest_at`` tells what roots saw of this log when they approved a key.
    Raises as ``require_signed``, ``UnsignedEntry`` too for a key introduced a second time,
    and ``BrokenStream`` where a row of the streams is missing, doubled or from elsewhere;
    what came before that row is folded.
    """
    keyid = key_id(founder)
    first = {keyid: NodeKey(keyid, founder, ("entries",), ALWAYS, None)}
    for stored in rows:
        entry = decode(stored)
        keys = registry.node_keys or first
        require_signed(stored, entry, keys | introduced_by_roots(registry, entry, digest_at))
        if isinstance(entry.facts, KeyIntroduced) and entry.facts.keyid in registry.node_keys:
            raise UnsignedEntry(index=stored.index)
        expected = _last_seq(registry, entry) + 1
        if entry.seq != expected:
            raise BrokenStream(index=entry.index, seq=entry.seq, expected=expected)
        registry.evolve(entry)


def introduced_by_roots(
    registry: Registry, entry: Entry, digest_at: DigestAt
) -> dict[str, NodeKey]:
    """The key of an entry that introduces it, where a quorum of the roots approved it."""
    facts = entry.facts
    if not isinstance(facts, KeyIntroduced) or entry.keyid != facts.keyid:
        return {}
    if by_roots(registry, facts, entry.index, digest_at) is not None:
        return {}
    return introduced({}, facts)


def _last_seq(registry: Registry, entry: Entry) -> int:
    if entry.stream.kind == "node":
        return registry.node_seq
    organisation = registry.organisations.get(getattr(entry.facts, "organisation", ""))
    return 0 if organisation is None else organisation.seq


def require_signed(stored: StoredEntry, entry: Entry, keys: NodeKeys) -> None:
    """Raises ``UnsignedEntry`` unless the key in ``keys`` that the row names signed it.

    The key must be meant for entries and have been valid when the entry was recorded.
    """
    key = keys.get(stored.keyid.hex())
    if (
        key is None
        or "entries" not in key.purposes
        or not key.valid_at(entry.recorded_at)
        or not _is_signed(stored, key.public_key)
    ):
        raise UnsignedEntry(index=stored.index)


_opens: Final = opener()
_PAE: Final = pae(ENTRY_PAYLOAD_TYPE, b"").removesuffix(b"0 ")


def _is_signed(stored: StoredEntry, public_key: bytes) -> bool:
    """As ``dsse.verify``, with one copy of the payload instead of four."""
    state, signature = stored.state, stored.signature
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    return _opens(b"%b%b%d %b" % (signature, _PAE, len(state), state), public_key)


def _contradiction(
    entry: Entry, stored: StoredEntry, key: str, seq: int, before: str | None
) -> str | None:
    if entry.stream.key != key:
        return "it belongs to another stream"
    if entry.seq != seq or stored.originator_version != seq:
        return f"entry {seq} of its stream is expected here"
    if entry.prev != before:
        return "it does not continue the entry before it"
    if entry.recorded_at != stored.recorded_at:
        return "its row tells another instant"
    return None
