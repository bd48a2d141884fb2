"""The eventsourcing application of one node: its store, its mapper, its data keys.

Everything is handed in; nothing comes from the environment. Secrets are sealed while
an event is encoded, outside the append lock; their data keys are on disk before the
entry that rests on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, Mapper
from eventsourcing.utils import Environment, EnvType

from ledger.codec import EntryMapper, OpenDraft, close, details_context, encode_open
from ledger.entry import Entry, PendingEvent, StoredDraft, StoredEntry
from ledger.signing.data_keys import DataKeys
from ledger.signing.sealing import DataKey, Entropy, Sealed, seal


class Sealer:
    """Seals events under the node's data keys, fetched for a whole batch at once."""

    def __init__(self, data_keys: DataKeys, entropy: Entropy) -> None:
        self._data_keys = data_keys
        self._entropy = entropy
        self._ready: dict[str, DataKey] = {}

    def prepare(self, events: Iterable[PendingEvent | OpenDraft]) -> None:
        """Make the data keys of these events, all in one transaction of their store."""
        names = {name for event in events for secret in event.secrets for name in secret.keys}
        self._ready = self._data_keys.ensure(names) if names else {}

    def __call__(self, draft: OpenDraft) -> Sealed:
        missing = {n for secret in draft.secrets for n in secret.keys if n not in self._ready}
        if missing:
            self._ready |= self._data_keys.ensure(missing)
        return self._sealed(draft)

    def close_all(self, drafts: Sequence[OpenDraft]) -> list[StoredDraft]:
        """Seal a batch; its new data keys are on disk before this returns."""
        self.prepare(drafts)
        return [close(draft, self._sealed) for draft in drafts]

    def _sealed(self, draft: OpenDraft) -> Sealed:
        """The draft's secrets under data keys that are ready."""
        context = details_context(draft.originator_id, draft.originator_version)
        return seal(draft.secrets, self._ready, context=context, entropy=self._entropy)

    def end(self) -> None:
        """Give the store of data keys back."""
        self._data_keys.close()


Check = Callable[[StoredEntry, Entry], None]
"""Raises when the stored row is not what the node signed."""


class LedgerApplication(Application[str]):
    """The library's application over one of our stores; ``repository`` gives aggregates."""

    name = "credit_ledger"

    def __init__(
        self, recorder: ApplicationRecorder, node_name: Callable[[], str], sealer: Sealer
    ) -> None:
        self._given_recorder = recorder
        self._given_mapper = EntryMapper(node_name, sealer, self._hold)
        self._check: Check | None = None
        self._node_name = node_name
        self.sealer = sealer
        super().__init__()

    def hold_entries_to(self, check: Check) -> None:
        """Every entry that an aggregate is made of is held to ``check``, which may raise."""
        self._check = check

    def _hold(self, stored: StoredEntry, entry: Entry) -> None:
        assert self._check is not None, "aggregates are loaded by a node, which verifies them"
        self._check(stored, entry)

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """No setting comes from the process's environment."""
        return Environment(name, dict(env or {}))

    def construct_mapper(self) -> Mapper[str]:
        return self._given_mapper

    def construct_recorder(self) -> ApplicationRecorder:
        return self._given_recorder

    def encode(self, events: Sequence[PendingEvent]) -> list[StoredDraft]:
        """Drafts of these events, sealed; for a bulk append past ``save``."""
        return self.sealer.close_all(self.encode_open(events))

    def encode_open(self, events: Sequence[PendingEvent]) -> list[OpenDraft]:
        """Drafts of these events that are still to be sealed."""
        name = self._node_name()
        return [encode_open(event, name) for event in events]
