"""Whether erasures and destroyed data keys belong together, in both directions.

An erasure explains a destroyed key only where it names the key, stands in the stream of the
entry that rests on it, and names the record, person or subject that the key is of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar

from ledger.codec import UnreadableEntry, decode
from ledger.entry import Entry, StoredEntry
from ledger.errors import LedgerError
from ledger.events.across import ForeignReportReceived
from ledger.events.disputes import (
    ComplaintFiled,
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairDecided,
    RepairRequested,
    RulingReversed,
    SanctionRuledWrongful,
)
from ledger.events.exchange import RecordReceived
from ledger.events.records import RecordCollected, RecordCorrected
from ledger.events.sanctions import SanctionImposed
from ledger.events.subjects import IdentifierCorrected, PersonalDataErased, SubjectOpened
from ledger.log.faults import FaultList
from ledger.signing.data_keys import DataKeys, DataKeysUnusable, DataKeyUnknown
from ledger.signing.submission import ROW_DIGEST, SUBMITTED_ROW

_F = TypeVar("_F")

Pause = Callable[[datetime], bool]
"""Told when the youngest erasure was recorded whose key is there yet: waits a while and says
True, or False where whoever recorded it should be done by now."""

Streams = Callable[[str], Iterable[StoredEntry]]
"""The entries of a stream."""

OF_PERSONS = frozenset({"parties", SUBMITTED_ROW, ROW_DIGEST})
"""Fields of a record that are locked under the keys of the persons in them, too."""


class _Recorded(NamedTuple):
    leaf: int
    stream: str
    at: datetime
    facts: PersonalDataErased


@dataclass(frozen=True, slots=True)
class _Gone:
    """A destroyed key, by the first entry of a stream that rests on it."""

    index: int
    owner: str


class Erasures:
    """Memory grows with the keys that erasures name, and with those that are destroyed."""

    def __init__(self, data_keys: DataKeys, streams: Streams | None, faults: FaultList) -> None:
        self._data_keys = data_keys
        self._streams = streams
        self._faults = faults
        self._recorded: dict[int, list[_Recorded]] = {}
        self._gone: dict[tuple[int, str], _Gone] = {}
        """By key id and stream."""

    def recorded(self, entry: Entry) -> None:
        """An entry that names what is erased."""
        _note(self._recorded, entry)

    def destroyed(self, entry: Entry, name: str, key_id: int, owner: str) -> None:
        """The field ``name`` rests on a destroyed key that locks ``owner``."""
        records = _records_of(entry, self._streams) if owner.startswith("record:") else None
        if records is not None and owner.partition(":")[2] not in records:
            why = f"{name} is locked under data key {key_id} of another record"
            self._faults.add(entry.index, "erasure_unrecorded", why)
            return
        self._gone.setdefault((key_id, entry.stream.key), _Gone(entry.index, owner))

    @property
    def unexplained(self) -> bool:
        """Whether keys are destroyed that no erasure so far explains."""
        return any(self._unexplained({}))

    def finish(self, later: Iterable[StoredEntry], pause: Pause | None) -> None:
        """At the end of the log; ``later`` are entries recorded since the audit began."""
        since: dict[int, list[_Recorded]] = {}
        for stored in later:
            if stored.topic == PersonalDataErased.topic():
                try:
                    _note(since, decode(stored))
                except UnreadableEntry:
                    continue
        for (key_id, _), gone in self._unexplained(since):
            named = key_id in self._recorded or key_id in since
            why = "that names it is of something else" if named else "names it"
            self._faults.add(
                gone.index,
                "erasure_unrecorded",
                f"data key {key_id} is destroyed, {'the erasure' if named else 'no erasure'} {why}",
            )
        self._unfinished(pause)

    def _unexplained(
        self, since: Mapping[int, Sequence[_Recorded]]
    ) -> Iterable[tuple[tuple[int, str], _Gone]]:
        for at, gone in self._gone.items():
            key_id, stream = at
            found = [*self._recorded.get(key_id, ()), *since.get(key_id, ())]
            if not any(one.stream == stream and _names(one, gone.owner) for one in found):
                yield at, gone

    def _unfinished(self, pause: Pause | None) -> None:
        """Erasures whose key is there yet. One that is under way is given the time it needs."""
        living = self._recorded
        while living := {
            key_id: named
            for key_id, named in living.items()
            if self._is_destroyed(key_id, named[0].leaf) is False
        }:
            if pause is None or not pause(max(named[-1].at for named in living.values())):
                break
        for key_id, named in living.items():
            why = f"data key {key_id} still exists"
            self._faults.add(named[0].leaf, "erasure_unfinished", why)

    def _is_destroyed(self, key_id: int, index: int) -> bool | None:
        try:
            return self._data_keys.is_destroyed(key_id)
        except (DataKeyUnknown, DataKeysUnusable) as error:
            why = f"data key {key_id}, said to be erased: {error.code}"
            self._faults.add(index, "data_key_lost", why)
            return None


def belongs(owner: str, entry: Entry, name: str, *, first: bool) -> bool:
    """Whether a data key of this name locks the field ``name``, as its first or further key.

    Which record an objection or a sanction is about its later entries do not tell: there
    any record's key will do, as long as it is there to open what it locks.
    """
    kind, _, owned = owner.partition(":")
    facts = entry.facts
    if isinstance(facts, SubjectOpened | IdentifierCorrected):
        return owner == f"subject:{entry.stream.id}"
    if isinstance(facts, ComplaintFiled):
        return owner == f"informant:{facts.case}"
    if isinstance(facts, ForeignReportReceived):
        return owner == f"report:{facts.report}"
    if isinstance(facts, RecordCollected | RecordReceived | RecordCorrected) and not first:
        return name in OF_PERSONS and kind == "person" and owned.endswith(f"/{entry.stream.id}")
    return kind == "record" and owned == getattr(facts, "record", owned)


def _note(into: dict[int, list[_Recorded]], entry: Entry) -> None:
    facts = entry.facts
    if isinstance(facts, PersonalDataErased):
        one = _Recorded(entry.index, entry.stream.key, entry.recorded_at, facts)
        for key_id in facts.keys:
            into.setdefault(key_id, []).append(one)


def _names(erasure: _Recorded, owner: str) -> bool:
    """Whether it names what the key is of."""
    kind, _, owned = owner.partition(":")
    facts, subject = erasure.facts, erasure.stream.partition("/")[2]
    if kind == "record":
        return owned in facts.records
    if kind == "report":
        return owned in facts.reports
    if kind == "person":
        person, _, of_subject = owned.partition("/")
        return of_subject == subject and person in facts.persons
    return kind == "subject" and facts.subject_itself and owned == subject


def _records_of(entry: Entry, streams: Streams | None) -> frozenset[str] | None:
    """The records that an entry's details are locked under; None where nothing tells.

    Reads the stream of the entry: asked only where its details cannot be read any more.
    """
    facts = entry.facts
    if isinstance(
        facts,
        RecordCollected | RecordReceived | RecordCorrected | ObjectionFiled | RepairRequested,
    ):
        return frozenset({facts.record})
    if streams is None:
        return None
    if isinstance(facts, ObjectionAnswered | ObjectionDecided):
        causes = _causes(entry, streams, ObjectionFiled)
        return frozenset(one.record for one in causes if one.objection == facts.objection)
    if isinstance(facts, RepairDecided):
        repairs = _causes(entry, streams, RepairRequested)
        return frozenset(one.record for one in repairs if one.repair == facts.repair)
    if isinstance(facts, SanctionRuledWrongful | RulingReversed):
        sanctions = _causes(entry, streams, SanctionImposed)
        return frozenset(
            record for one in sanctions if one.sanction == facts.sanction for record in one.records
        )
    return None


def _causes(entry: Entry, streams: Streams, of_type: type[_F]) -> list[_F]:
    """The facts of that type in the stream, before the entry."""
    found: list[_F] = []
    try:
        for stored in streams(entry.stream.key):
            if stored.index < entry.index:
                try:
                    facts = decode(stored).facts
                except UnreadableEntry:  # the audit proper reports it
                    continue
                if isinstance(facts, of_type):
                    found.append(facts)
    except LedgerError:  # the store cannot hand them over: told where they stand
        pass
    return found
