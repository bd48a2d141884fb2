"""What must hold after every step, and what must hold once a region has healed.

Each check raises ``Violated`` with what it found and where. What a node says of itself is held
against what an onlooker saw: the logs, the messages, and what people were told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ledger.entry import Entry
from ledger.events.disputes import ObjectionDecided, ObjectionFiled, RepairDecided
from ledger.events.exchange import CorrectionNotified, NoticeReceived, RecordDisclosed
from ledger.events.records import RecordCorrected, RecordMended, RecordWithdrawn
from ledger.events.subjects import IdentifierCorrected, PersonalDataErased
from ledger.log.audit import audit
from ledger.log.kept import Known as KnownOutside
from ledger.subject.duties import duties
from ledger.subject.effects import is_over
from ledger.subject.state import RecordState, SubjectState
from ledger.subject.status import record_status
from tests.simulation.city import City
from tests.simulation.world import Violated, World

# -- after every step --------------------------------------------------------------------


def after_step(world: World, changed: City | None) -> None:
    for city in [changed] if changed is not None else world.cities.values():
        each_record_is_held_once(city)
        no_sanction_on_withdrawn(city)
        disputed_is_suspended(city)


def each_record_is_held_once(city: City) -> None:
    """In one stream: a notice would else be told of one of them only."""
    held = Counter(key for subject in city.subjects.values() for key in subject.state.records)
    for key, number in held.items():
        if number > 1:
            raise Violated(f"{city.name} holds {key} in {number} streams")


def no_sanction_on_withdrawn(city: City) -> None:
    """Where a withdrawal is known, each sanction that rests on the record has been lifted."""
    for record in city.withdrawn:
        subject = city.holder(record)
        for key, sanction in subject.state.sanctions_on(record) if subject else ():
            if not is_over(sanction, city.today):
                raise Violated(f"{city.name}: {key} is in force on {record}, which is withdrawn")


def disputed_is_suspended(city: City) -> None:
    """While a record is disputed, no sanction that rests on it goes on."""
    for subject in city.subjects.values():
        for key, record in subject.state.records.items():
            if not record.open_disputes():
                continue
            for name, sanction in subject.state.sanctions_on(key):
                if sanction.open_spell is None and not is_over(sanction, city.today):
                    raise Violated(f"{city.name}: {name} goes on though {key} is disputed")


# -- once healed -------------------------------------------------------------------------


def once_healed(world: World) -> None:
    after_step(world, None)
    nothing_is_owed(world)
    records_are_alike(world)
    duties_close_or_are_listed(world)
    each_act_is_told_once(world)
    audits_are_clean(world)
    erased_is_gone(world)


def nothing_is_owed(world: World) -> None:
    """All that could be answered has been: nothing is sent again and again for ever."""
    if world.owed:
        raise Violated("still owed after healing: " + "; ".join(world.owed))


def open_at(city: City) -> dict[tuple[str, str], list[str]]:
    """Record and recipient to the states of the notices that have not closed."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in city.exchange.outstanding(today=city.today):
        found.setdefault((one.record, one.recipient), []).append(one.state)
    return found


def origins(world: World) -> Iterator[tuple[City, str, RecordState]]:
    for city in world.cities.values():
        for subject in city.subjects.values():
            for key, record in subject.state.records.items():
                if record.received is None:
                    yield city, key, record


def way(world: World, city: City, record: RecordState) -> tuple[str, ...]:
    """The cities by which a record came to ``city``, that one last."""
    assert record.received is not None
    facts = record.received.facts
    return (*(facts.path or (facts.origin,)), city.name)


def records_are_alike(world: World) -> None:
    """A record says the same at every city that holds it, and is in the same state, but where
    a notice on the way to it was given up.
    """
    given_up = {
        (city.name, record, recipient)
        for city in world.cities.values()
        for (record, recipient), states in open_at(city).items()
        if "given_up" in states
    }
    for origin, key, record in origins(world):
        for city in world.cities.values():
            subject = city.holder(key)
            if subject is None or city is origin:
                continue
            held = subject.state.records[key]
            path = way(world, city, held)
            if any((one, key, other) in given_up for one, other in pairwise(path)):
                continue
            home = origin.holder(key)
            assert home is not None
            said = _image(home.state, record, origin)
            is_ = said.fromkeys(said) | _image(subject.state, held, city)
            differ = {name: (is_[name], said[name]) for name in said if is_[name] != said[name]}
            if differ:
                raise Violated(f"{city.name} and {origin.name} differ about {key}: {differ}")


def _image(state: SubjectState, record: RecordState, city: City) -> dict[str, Any]:
    """A record as it is now. Objections that were filed with a recipient are its own affair; a
    record that was corrected before it left is taken in as it was by then.
    """
    plain = RecordState(**{name: getattr(record, name) for name in record.__dataclass_fields__})
    if record.received is not None:
        plain.disputes = [one for one in record.disputes if one.objection not in state.objections]
    found = record_status(plain, city.today)
    return {
        "state": None if found is None else "valid" if found.state == "corrected" else found.state,
        **record.facts.to_json(),
    }


def duties_close_or_are_listed(world: World) -> None:
    """Each notice has closed, or is listed as outstanding; none of these has yet to be answered."""
    for city in world.cities.values():
        listed = {one.notice: one for one in city.exchange.outstanding(today=city.today)}
        for subject in city.subjects.values():
            for record in subject.state.records.values():
                for duty in duties(record, city.today):
                    notice = duty.notice.facts.notice
                    if (duty.state == "closed") == (notice in listed):
                        raise Violated(f"{city.name}: {notice} is {duty.state}, listed wrongly")
        for one in listed.values():
            if one.state in {"waiting", "unconfirmed"} and not _is_unable(city, one.notice):
                raise Violated(f"{city.name}: {one.notice} to {one.recipient} was never answered")


def _is_unable(city: City, notice: str) -> bool:
    return any(
        answer.facts.verdict == "unable"
        for subject in city.subjects.values()
        for record in subject.state.records.values()
        if (answer := record.shared.answered.get(notice)) is not None
    )


_ACTS = (
    ObjectionFiled,
    ObjectionDecided,
    RecordCorrected,
    RecordWithdrawn,
    RecordMended,
    RepairDecided,
    PersonalDataErased,
    IdentifierCorrected,
)


def each_act_is_told_once(world: World) -> None:
    """Of each act each recipient of the record got one notice; a second one only where the
    record had come after the first, and every act on a record that was shared has one.
    """
    for city in world.cities.values():
        entered = Counter(
            (entry.facts.record, entry.facts.origin_entry)
            for entry in city.entries
            if isinstance(entry.facts, NoticeReceived)
        )
        for (record, _), number in entered.items():
            if number > 1:
                raise Violated(f"{city.name} entered one act on {record} {number} times")
        counted: Counter[tuple[str, str, object]] = Counter()
        for entry in city.entries:
            facts = entry.facts
            if isinstance(facts, CorrectionNotified):
                about: object = facts.acted if facts.relays is None else facts.relays
                counted[facts.recipient, facts.record, about] += 1
        renewed = _renewed(city)
        for (recipient, record, about), number in counted.items():
            extra = number - 1 - renewed[recipient, record, about]
            if extra:
                raise Violated(
                    f"{city.name} told {recipient} {number} times of act {about} on {record}"
                )
        _require_all_told(city, counted)


def _renewed(city: City) -> Counter[tuple[str, str, object]]:
    """Notices that were given with the receipt of a bundle."""
    found: Counter[tuple[str, str, object]] = Counter()
    at: dict[Any, set[str]] = {}
    for entry in city.entries:
        if entry.type == "DisclosureReceipted":
            at.setdefault(entry.recorded_at, set()).add(str(getattr(entry.facts, "record")))  # noqa: B009
    for entry in city.entries:
        facts = entry.facts
        if isinstance(facts, CorrectionNotified) and facts.record in at.get(entry.recorded_at, ()):
            about = facts.acted if facts.relays is None else facts.relays
            found[facts.recipient, facts.record, about] += 1
    return found


def _require_all_told(city: City, told: Counter[tuple[str, str, object]]) -> None:
    for subject in city.subjects.values():
        for key, record in subject.state.records.items():
            given: dict[str, None] = {}
            for entry in _of(city, subject.id):
                facts = entry.facts
                if isinstance(facts, RecordDisclosed) and facts.record == key:
                    given[facts.recipient] = None
                about = _act_on(key, record, facts, entry)
                for recipient in given if about is not None else ():
                    if not told[recipient, key, about] and not _came_by(facts, recipient):
                        raise Violated(f"{city.name} never told {recipient} of {entry.type} {key}")


def _of(city: City, stream: str) -> list[Entry]:
    return [entry for entry in city.entries if entry.stream.key == stream]


def _act_on(key: str, record: RecordState, facts: object, entry: Entry) -> object:
    """By what the notices of this entry name it: its place, or the notice that came; None where
    it is no act on the record.
    """
    if isinstance(facts, NoticeReceived):
        return facts.notice if facts.record == key else None
    if record.received is not None or not isinstance(facts, _ACTS):
        return None
    match facts:
        case ObjectionFiled(repeats=None) | RecordCorrected() | RecordWithdrawn() | RecordMended():
            return entry.seq if facts.record == key else None
        case PersonalDataErased(records=records):
            return entry.seq if key in records else None
        case _:
            return None


def _came_by(facts: object, recipient: str) -> bool:
    """Nobody is told what came by way of it."""
    if not isinstance(facts, NoticeReceived):
        return False
    return recipient in {facts.origin, facts.sender, *(hop.node for hop in facts.hops)}


def audits_are_clean(world: World) -> None:
    for city in world.cities.values():
        city.node.settle()
        keeper = city.node.keeper
        known = KnownOutside(
            mark=keeper.high_water.read(),
            mark_state=keeper.high_water.state(keeper.store_id, keeper.origin),
        )
        founder = (city.node.founder,)
        report = audit(city.node.store, city.node.data_keys, trusted_keys=founder, known=known)
        city.look()
        for fault in report.faults:
            raise Violated(f"audit of {city.name}: {fault.kind} at {fault.index}: {fault.detail}")


def erased_is_gone(world: World) -> None:
    """What was erased can be opened nowhere any more, but where it is listed that it is kept."""
    for origin, key, _ in origins(world):
        home = origin.holder(key)
        assert home is not None
        for city in world.cities.values() if home.state.is_erased(key) else ():
            subject = city.holder(key)
            if subject is None or subject.state.is_erased(key):
                continue
            if not any(record == key for record, _ in open_at(origin)):
                raise Violated(f"{city.name} keeps {key}, which is erased; nobody waits for it")
    for city in world.cities.values():
        for subject in city.subjects.values():
            for key in subject.state.records:
                names = [f"record:{key}"]
                if subject.state.is_erased(key) and city.node.data_keys.living(names):
                    raise Violated(f"{city.name}: the key of {key} lives on though it was erased")
