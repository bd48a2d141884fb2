"""A log with subjects in it, on either store, and a derivation that notices everything.

``noticing`` makes rows of all that a derivation may rest on: each entry of the component, and
each governing act. So a row that was not made anew when it should have been is another row.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from uuid import UUID

from ledger.bootstrap import found_node, open_node
from ledger.entry import Actor, Entry, PendingEvent, StreamId
from ledger.events import Facts
from ledger.events.governance import KeyCompromised, RulePackAdopted
from ledger.events.records import RecordCollected
from ledger.events.subjects import IdentifierCorrected, SubjectOpened
from ledger.home import Home
from ledger.identifiers import node_id
from ledger.node import Node
from ledger.rules import load_default
from ledger.signing.passphrase import PassphraseSource
from ledger.storage.port import Guard
from projections.models.bulk import select_rows
from projections.models.following import Log
from projections.models.governance import Governance
from projections.models.place import Place as Models
from projections.models.rows import FOREVER, RecordStateRow, Rows, SupplierActRow
from projections.models.store import ReadModels
from projections.models.tables import TABLES
from tests.contract.conftest import Place

DAY = date(2025, 3, 4)
BODY = "12350200B000000003"


@cache
def subject(number: int) -> UUID:
    """Spread over the ranges, the same each time."""
    return UUID(int=random.Random(number).getrandbits(128))


def noticing(component: Sequence[Entry], governance: Governance) -> Rows:
    """One row for each record, with all that it rests on, and one for each other entry."""
    rows = Rows()
    known = tuple(entry.index for entry in component)
    for entry in component:
        identifier = str(entry.stream.id)
        facts = entry.facts
        if isinstance(facts, RecordCollected):
            because = (*known, *(point + 1_000_000 for point in governance.points()))
            rows.record_states.append(
                RecordStateRow(
                    identifier, facts.record, facts.item, facts.tier, facts.adverse,
                    facts.publicity, facts.supplier, facts.organ, "valid", facts.held_from,
                    because,
                    facts.held_from, facts.held_until or date.max, entry.index + 1, FOREVER,
                )
            )  # fmt: skip
        else:
            act = SupplierActRow(
                identifier, BODY, identifier, "corrected", None, DAY, entry.index, entry.index + 1
            )
            rows.supplier_acts.append(act)
    return rows


@dataclass
class Recorded:
    """A node with read models beside it."""

    node: Node
    place: Models
    founder: bytes
    records: int = 0
    lengths: dict[UUID, int] = field(default_factory=dict)

    @property
    def log(self) -> Log:
        """Freshly opened: nothing is remembered."""
        return Log(self.node.store, self.founder)

    def models(self) -> ReadModels:
        return ReadModels(self.place)

    def add(self, *entered: tuple[UUID, Facts]) -> None:
        """Entries of subjects, in one transaction."""
        events = []
        for stream, facts in entered:
            self.lengths[stream] = seq = self.lengths.get(stream, 0) + 1
            key = StreamId("subject", stream).key
            events.append(PendingEvent(key, seq, facts, Actor(BODY, "staff01")))
        self._append(events)

    def collect(self, *numbers: int) -> None:
        """A record of each of these subjects, which are opened where they are new."""
        entered: list[tuple[UUID, Facts]] = []
        there = set(self.lengths)
        for number in numbers:
            if subject(number) not in there:
                there.add(subject(number))
                entered.append((subject(number), opened()))
            self.records += 1
            entered.append((subject(number), collected(self.records)))
        self.add(*entered)

    def tie(self, one: int, other: int) -> None:
        facts = IdentifierCorrected(
            old_subject=str(subject(one)),
            new_subject=str(subject(other)),
            reason="示例",
            authority="示例",
        )
        self.add((subject(one), facts), (subject(other), facts))

    def adopt(self) -> None:
        pack = load_default()
        facts = RulePackAdopted(pack="default", version="1", digest=pack.digest, in_force_from=DAY)
        self._govern(facts)

    def compromise(self) -> None:
        head = self.node.store.head()
        assert head is not None
        self._govern(KeyCompromised(keyid="ab" * 32, since=head.recorded_at))

    def _govern(self, facts: Facts) -> None:
        registry = self.node.registry()
        stream = StreamId("node", node_id(self.node.name))
        self._append([PendingEvent(stream.key, registry.node_seq + 1, facts, Actor(BODY, "s1"))])

    def _append(self, events: Sequence[PendingEvent]) -> None:
        sealing = self.node.store.sealing
        assert sealing is not None
        drafts = self.node.application.encode(list(events))
        guard = Guard(governance=self.node.registry().index)
        self.node.store.append(drafts, sealing=sealing, guard=guard)


def opened() -> SubjectOpened:
    return SubjectOpened(kind="legal_person", scheme="uscc", region="350200")


def collected(number: int) -> RecordCollected:
    return RecordCollected(
        record=str(UUID(int=number)),
        item="administrative_penalty",
        tier="general",
        adverse=True,
        supplier=BODY,
        organ=BODY,
        document_number=f"示例〔2025〕{number}号",
        decided_on=DAY,
        held_from=DAY,
        publicity="public",
        legal_basis="示例",
    )


def found(where: Place, folder: Path) -> Recorded:
    """A node on the store at ``where``, with a home in ``folder``."""
    home = Home(folder / "home")
    found_node(home, name=where.node, store_url=where.url)
    return opened_again(home)


def opened_again(home: Home) -> Recorded:
    node = open_node(home, PassphraseSource.none())
    place = Models.of(home.path, home.store_url(node.settings), node.name)
    return Recorded(node, place, node.founder)


def dumped(models: ReadModels) -> dict[str, list[tuple[object, ...]]]:
    """Everything that is stored, in order."""
    with models.reading() as (connection, _):
        return {
            name: sorted(select_rows(connection, table, "", None), key=repr)
            for name, table in TABLES.items()
        }
