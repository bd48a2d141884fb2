"""The library's factory, over our stores.

The library's own factories and datastores name their recorder classes, so ours replaces
them: ``Application(env={"PERSISTENCE_MODULE": "ledger.storage.factory", ...})``.
"""

from __future__ import annotations

from typing import Any

from eventsourcing.persistence import (
    AggregateRecorder,
    InfrastructureFactory,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType, strtobool

from ledger.storage.errors import NotADraft, UnknownAddress
from ledger.storage.library import LibraryRecorder
from ledger.storage.opening import open_store


class StoreFactory(InfrastructureFactory[TrackingRecorder]):
    """Settings: ``STORE_URL``, ``STORE_NODE``, ``CREATE_TABLE`` (yes unless told otherwise).

    One store is opened and serves as every recorder. Set its ``sealing`` before the first
    draft is saved.
    """

    STORE_URL = "STORE_URL"
    STORE_NODE = "STORE_NODE"
    CREATE_TABLE = "CREATE_TABLE"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        url = self.env.get(self.STORE_URL)
        if not url:
            raise UnknownAddress(store=self.STORE_URL)
        create = strtobool(self.env.get(self.CREATE_TABLE, "yes") or "yes")
        self.store: LibraryRecorder = open_store(
            url, create=create, node=self.env.get(self.STORE_NODE)
        )

    def application_recorder(self) -> LibraryRecorder:
        return self.store

    def process_recorder(self) -> LibraryRecorder:
        return self.store

    def tracking_recorder(self, tracking_recorder_class: type[Any] | None = None) -> Any:
        if tracking_recorder_class is not None:
            raise NotADraft(found=tracking_recorder_class, reason="the store is the recorder")
        return self.store

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Not offered: a snapshot must never answer for an earlier ``known_at``."""
        raise NotImplementedError(f"no recorder for {purpose}: every answer is folded")

    def close(self) -> None:
        self.store.close()
