"""Sections: what is shown of this node's log, and handed on of others', with its proofs."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.entry import StoredEntry
from ledger.exchange.forms import Consistency, LogSection, ShownEntry
from ledger.exchange.kept import KeptSection
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.tree import StoreTree, TreeDamaged
from ledger.storage.port import EntryStore


class OwnLog:
    """This node's log under one checkpoint; rows are handed in by whoever has verified them."""

    def __init__(self, store: EntryStore, node: str, signed: SignedCheckpoint) -> None:
        """Raises ``TreeDamaged`` where the store's tree is not that of the checkpoint."""
        self.node = node
        self.signed = signed
        self.size = signed.checkpoint.size
        self._tree = StoreTree(store, self.size)
        if self._tree.root() != signed.checkpoint.root:
            raise TreeDamaged(what=f"the root of {self.size} leaves")

    def section(self, rows: Iterable[StoredEntry], since: int | None = None) -> LogSection:
        """These rows with their proofs, each once; ``since``: the last size that was sent."""
        consistency = None
        if since is not None:
            hashes = tuple(self._tree.consistency(since))
            consistency = Consistency(size=since, hashes=hashes)
        chosen = [row for _, row in sorted({row.index: row for row in rows}.items())]
        proofs = self._tree.inclusions([row.index for row in chosen])
        return LogSection.model_construct(
            node=self.node,
            checkpoint=self.signed.to_bytes().decode("utf-8"),
            consistency=consistency,
            entries=tuple(map(_shown, chosen, proofs)),
        )


def _shown(row: StoredEntry, proof: tuple[bytes, ...]) -> ShownEntry:
    return ShownEntry(
        index=row.index,
        payload=row.state,
        keyid=row.keyid.hex(),
        signature=row.signature,
        proof=proof,
    )


def handed_on(section: KeptSection, indexes: Iterable[int]) -> LogSection:
    """Another node's entries as they came, under the checkpoint that they came with."""
    return LogSection.model_construct(
        node=section.node,
        checkpoint=section.checkpoint,
        consistency=None,
        entries=section.shown(indexes),
    )
