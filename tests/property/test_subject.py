"""No sequence of commands reaches a sanction in force without a basis.

A machine gives commands of every kind on moving days, dated back and ahead, sensible and
absurd. What must hold is told by a plain reading of the entries beside the project's own
fold, so that a mistake in the fold does not hide itself.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from pydantic import ValidationError

from ledger.commands import subject_commands as commands
from ledger.commands.base import Command
from ledger.errors import LedgerError
from ledger.events.base import Facts
from ledger.events.disputes import (
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairDecided,
    RepairRequested,
)
from ledger.events.records import (
    NoticeServed,
    RecordCorrected,
    RecordMended,
    RecordWithdrawn,
)
from ledger.events.sanctions import (
    SanctionImposed,
    SanctionLifted,
    SanctionResumed,
    SanctionSuspended,
)
from ledger.subject.decide import decide
from ledger.subject.evolve import fold
from ledger.subject.state import SubjectState
from ledger.subject.status import ENDING, record_status, sanction_status
from tests.unit.subject.made import DIGEST, NO_ID, Scene, collect, day

pytestmark = pytest.mark.property

BACK = st.sampled_from([0, 0, 0, 0, 1, 2, 5, 12, 25])
AROUND = st.sampled_from([-25, -5, -1, 0, 0, 1, 3, 10, 40])
PICK = st.integers(0, 7)
MEANT = st.sampled_from([False, False, True])
"""What ends a record for good comes seldom, or there would soon be nothing left to watch."""
MAY_ADD_PAST_DAYS = (
    commands.ImposeSanction,
    commands.ReverseRuling,
    commands.CorrectRecord,
)
"""A back-dated sanction, a reversed ruling, a corrected first day. Nothing else may make a
past day one on which a sanction was in force."""
ONE_DAY = timedelta(days=1)


# -- a plain reading of the entries ----------------------------------------------


def open_objections(facts: Sequence[Facts], record: str) -> set[str]:
    """Objections that hold the record in dispute, read from the first entry to the last."""
    found: dict[str, ObjectionFiled] = {}
    conceded: set[str] = set()
    upheld: set[str] = set()
    closed: set[str] = set()
    corrected: set[str] = set()
    for each in facts:
        match each:
            case ObjectionFiled(record=about) if about == record:
                found[each.objection] = each
            case ObjectionAnswered() if each.finding != "confirmed":
                conceded.add(each.objection)
                if each.finding == "corrected" and each.objection in corrected:
                    closed.add(each.objection)
            case ObjectionDecided():
                (upheld if each.outcome == "upheld" else closed).add(each.objection)
            case RecordCorrected(record=about) if about == record:
                closed |= (conceded | upheld) & found.keys()
                if each.cause == "objection":
                    corrected |= found.keys()
            case RecordWithdrawn(record=about) if about == record:
                closed |= found.keys()
            case _:
                pass
    disputing = {key for key, filed in found.items() if filed.repeats is None or key in upheld}
    return disputing - closed


def is_barred(facts: Sequence[Facts], record: str) -> bool:
    """Withdrawn, mended, repaired or disputed, as the entries say."""
    repairs = {f.repair: f.record for f in facts if isinstance(f, RepairRequested)}
    for each in facts:
        match each:
            case RecordWithdrawn() | RecordMended() if each.record == record:
                return True
            case RepairDecided(outcome="approved") if repairs[each.repair] == record:
                return True
            case _:
                pass
    return bool(open_objections(facts, record))


def is_halted(facts: Sequence[Facts], sanction: str, today: date) -> bool:
    """The entries say so themselves: lifted, or suspended and not resumed by today."""
    halted = False
    for each in facts:
        match each:
            case SanctionLifted() if each.sanction == sanction and each.from_ <= today:
                return True
            case SanctionSuspended() if each.sanction == sanction:
                halted = True
            case SanctionResumed() if each.sanction == sanction and each.from_ <= today:
                halted = False
            case _:
                pass
    return halted


def without_places(value: Any) -> Any:
    """A state without leaf indexes and instants, which a pending event does not have yet."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: without_places(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: without_places(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_places(each) for each in value]
    if isinstance(value, datetime):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return 0
    return value


def dates_of(facts: Iterable[Facts]) -> set[date]:
    found = {v for each in facts for v in each.__dict__.values() if isinstance(v, date)}
    return {d + n * ONE_DAY for d in found for n in (-1, 0, 1)}


class Commands(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene("03-01")
        self.accepted = 0

    # -- what the machine reads ---------------------------------------------------

    @property
    def state(self) -> SubjectState:
        return self.scene.subject.state

    @property
    def facts(self) -> list[Facts]:
        return [entry.facts for entry in self.scene.entries]

    def back(self, days: int) -> date:
        return self.scene.today - timedelta(days=days)

    @staticmethod
    def pick(keys: Iterable[str], number: int) -> str:
        known = list(keys)
        return known[number % len(known)] if known else NO_ID

    def undecided(self) -> list[str]:
        return [key for key, each in self.state.objections.items() if each.decided is None]

    def rejected(self) -> list[str]:
        """Rejected objections, and every other one beside them."""
        rejected = [key for key, each in self.state.objections.items() if each.rejected]
        return rejected * 3 + list(self.state.objections)

    def in_force(self, days: Iterable[date]) -> set[tuple[str, date]]:
        return {
            (key, each)
            for key, sanction in self.state.sanctions.items()
            for each in days
            if sanction_status(sanction, self.state.records, each).state == "in_force"
        }

    def past(self) -> list[date]:
        days = {d for d in dates_of(self.facts) if d < self.scene.today}
        return sorted(days | {self.back(1)})

    # -- giving a command -----------------------------------------------------------

    def give(self, by: str, kind: type[Command], **fields: Any) -> None:
        given = {k: v for k, v in fields.items() if v is not None}
        try:
            command = kind.model_validate(given)
        except ValidationError:
            return
        self.give_command(by, command)

    def give_command(self, by: str, command: Command) -> None:
        subject = self.scene.subject
        before = copy.deepcopy(subject.state)
        version, size = subject.version, len(self.scene.entries)
        past = self.past()
        enforced = self.in_force(past)
        facts = self.facts
        try:
            decide(subject, command, self.scene.context(by))
        except LedgerError:
            assert not subject.pending, "a refusal came after the first event"
            assert subject.version == version
            assert subject.state == before
            return
        assert subject.pending, "accepted, and nothing to store"
        live = without_places(subject.state)
        self.scene.store()
        self.accepted += 1
        assert subject.version == version + len(self.scene.last)
        assert [e.seq for e in self.scene.entries[size:]] == list(
            range(version + 1, subject.version + 1)
        )
        assert without_places(self.state) == live
        if not isinstance(command, MAY_ADD_PAST_DAYS):
            assert self.in_force(past) <= enforced
        if isinstance(command, commands.ImposeSanction):
            assert not any(is_barred(facts, record) for record in command.records)
            assert all(
                any(isinstance(f, NoticeServed) and f.record == record for f in facts)
                for record in command.records
            )

    # -- the commands ---------------------------------------------------------------

    @initialize(resting=st.lists(st.lists(PICK, min_size=1, max_size=2), max_size=3))
    def begins(self, resting: list[list[int]]) -> None:
        """Three records of which the subject was told, and sanctions on some of them."""
        for number in range(3):
            self.collects(number, ("serious", "SUPPLIER"), 25, (None, None), is_told=True)
        for records in resting:
            self.imposes(records, "limit_procurement", 0, 300)

    @rule(days=st.sampled_from([1, 1, 2, 5, 20, 45, 90]))
    def time_passes(self, days: int) -> None:
        self.scene.today += timedelta(days=days)

    @precondition(lambda self: len(self.state.records) < 6)
    @rule(
        number=st.integers(0, 3),
        how=st.tuples(
            st.sampled_from(["general", "general", "serious", "minor", None]),
            st.sampled_from(["SUPPLIER", "SUPPLIER", "SECOND"]),
        ),
        ago=BACK,
        held=st.tuples(st.none() | AROUND, st.none() | st.integers(1, 200)),
        is_told=st.sampled_from([True, True, True, False]),
    )
    def collects(
        self,
        number: int,
        how: tuple[str | None, str],
        ago: int,
        held: tuple[int | None, int | None],
        *,
        is_told: bool,
    ) -> None:
        (tier, supplier), (holds, ends) = how, held
        held_from = None if holds is None else self.back(-holds)
        known = set(self.state.records)
        self.give_command(
            supplier,
            collect(
                document_number=f"{number}号",
                tier=tier,
                supplier=supplier,
                decided_on=self.back(ago),
                held_from=held_from,
                held_until=None if ends is None else self.back(-ends),
                publish_until=None,
            ),
        )
        for record in set(self.state.records) - known if is_told else ():
            self.give(
                supplier,
                commands.ServeNotice,
                record=record,
                served_on=self.back(ago),
                channel="x",
            )

    @rule(record=PICK, ago=BACK)
    def tells(self, record: int, ago: int) -> None:
        key = self.pick(self.state.records, record)
        served = self.back(ago)
        self.give("CENTRE", commands.ServeNotice, record=key, served_on=served, channel="x")

    @precondition(lambda self: len(self.state.sanctions) < 6)
    @rule(
        records=st.lists(PICK, max_size=3),
        measure=st.sampled_from(["limit_procurement", "limit_bidding", "limit_market_entry"]),
        starts=st.sampled_from([0, 0, 0, -25, -3, 1, 20]),
        lasts=st.sampled_from([0, 1, 10, 60, 300, 300, 1090, 1200]),
    )
    def imposes(self, records: list[int], measure: str, starts: int, lasts: int) -> None:
        keys = [self.pick(self.state.records, number) for number in records]
        starts_on = self.back(-starts)
        self.give(
            "BUYER",
            commands.ImposeSanction,
            measure=measure,
            records=keys,
            initiator="BUYER",
            enforcer="BUYER",
            legal_basis="x",
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=lasts),
            approved_by="op-2",
        )

    @rule(
        record=PICK,
        party=st.sampled_from(["subject", "subject", "enforcer", "third_party"]),
        ago=BACK,
        repeats=st.none() | PICK,
    )
    def objects(self, record: int, party: str, ago: int, repeats: int | None) -> None:
        self.give(
            "CENTRE",
            commands.FileObjection,
            record=self.pick(self.state.records, record),
            filed_by=party,
            filed_on=self.back(ago),
            repeats=None if repeats is None else self.pick(self.rejected(), repeats),
        )

    @rule(objection=PICK, finding=st.sampled_from(["confirmed", "corrected", "wrong"]), ago=BACK)
    def answers(self, objection: int, finding: str, ago: int) -> None:
        key = self.pick(self.state.objections, objection)
        if key not in self.state.objections:
            return
        record = self.state.objections[key].filed.facts.record
        self.give(
            self.state.records[record].facts.supplier,
            commands.AnswerObjection,
            objection=key,
            finding=finding,
            answered_on=self.back(ago),
        )

    @rule(objection=PICK, outcome=st.sampled_from(["rejected", "rejected", "upheld"]), ago=BACK)
    def decides(self, objection: int, outcome: str, ago: int) -> None:
        self.give(
            "REVIEW",
            commands.DecideObjection,
            objection=self.pick(self.undecided() or self.state.objections, objection),
            outcome=outcome,
            decided_on=self.back(ago),
        )

    @rule(
        record=PICK,
        change=st.sampled_from(
            ["tier", "held_until", "held_from", "exemption", "document_number", "decided_on"]
        ),
        number=st.integers(-30, 100),
        cause=st.sampled_from(["supplier_error", "objection"]),
        ago=BACK,
    )
    def corrects(self, record: int, change: str, number: int, cause: str, ago: int) -> None:
        values: dict[str, object] = {
            "tier": ["minor", "general", "serious"][number % 3],
            "exemption": ["force_majeure", None][number % 2],
            "document_number": f"{number % 4}号",
        }
        on = self.back(-number).isoformat()
        self.give(
            "REVIEW",
            commands.CorrectRecord,
            record=self.pick(self.state.records, record),
            changes={change: values.get(change, on)},
            cause=cause,
            corrected_on=self.back(ago),
        )

    @rule(record=PICK, effective=st.none() | BACK, is_meant=MEANT)
    @precondition(lambda self: len(self.facts) > 12)
    def withdraws(self, record: int, effective: int | None, is_meant: bool) -> None:
        if not is_meant:
            return
        self.give(
            "REVIEW",
            commands.WithdrawRecord,
            record=self.pick(self.state.records, record),
            cause="supplier_error",
            fault="none",
            effective="from_beginning" if effective is None else self.back(effective),
        )

    @rule(record=PICK, ago=BACK, is_meant=MEANT)
    @precondition(lambda self: len(self.facts) > 12)
    def mends(self, record: int, ago: int, is_meant: bool) -> None:
        if not is_meant:
            return
        key = self.pick(self.state.records, record)
        mended = self.back(ago)
        self.give("REVIEW", commands.MendRecord, record=key, evidence=DIGEST, mended_on=mended)

    @rule(record=PICK, ago=BACK, is_complete=st.booleans())
    def asks_for_repair(self, record: int, ago: int, is_complete: bool) -> None:
        met = ["fully_corrected", "public_commitment"]
        self.give(
            "CENTRE",
            commands.RequestRepair,
            record=self.pick(self.state.records, record),
            conditions_met=met if is_complete else met[:1],
            requested_on=self.back(ago),
        )

    @rule(repair=PICK, outcome=st.sampled_from(["approved", "approved", "refused"]), ago=BACK)
    def decides_repair(self, repair: int, outcome: str, ago: int) -> None:
        self.give(
            "REVIEW",
            commands.DecideRepair,
            repair=self.pick(self.state.repairs, repair),
            outcome=outcome,
            decided_on=self.back(ago),
        )

    @rule(
        sanction=PICK,
        confirmation=st.sampled_from([None, None, 0, 1, 2]),
        on=st.sampled_from([None, None, -3, 0, 5]),
    )
    def resumes(self, sanction: int, confirmation: int | None, on: int | None) -> None:
        self.give(
            "BUYER",
            commands.ResumeSanction,
            sanction=self.pick(self.state.sanctions, sanction),
            confirmation=None
            if confirmation is None
            else self.pick(self.state.objections, confirmation),
            from_=None if on is None else self.back(-on),
        )

    @rule(sanction=PICK, record=PICK, is_decided=st.booleans(), is_resumed=st.booleans())
    def is_disputed(self, sanction: int, record: int, is_decided: bool, is_resumed: bool) -> None:
        """The usual way of an objection against what is enforced, as far as it gets."""
        key = self.pick(self.state.sanctions, sanction)
        if key not in self.state.sanctions:
            return
        resting = self.state.sanctions[key].imposed.facts.records
        known = list(self.state.records)
        self.objects(known.index(self.pick(resting, record)), "subject", 0, None)
        if is_decided:
            self.decides(len(self.undecided()) - 1, "rejected", 0)
        if is_resumed:
            self.resumes(sanction, None, None)

    @rule(sanction=PICK, on=st.none() | AROUND, is_meant=MEANT)
    def lifts(self, sanction: int, on: int | None, is_meant: bool) -> None:
        if not is_meant:
            return
        key = self.pick(self.state.sanctions, sanction)
        from_ = None if on is None else self.back(-on)
        self.give("BUYER", commands.LiftSanction, sanction=key, from_=from_)

    @rule(
        sanction=PICK,
        from_=st.none() | AROUND,
        until=st.none() | AROUND,
        ago=BACK,
        is_meant=MEANT,
    )
    def rules_wrongful(
        self, sanction: int, from_: int | None, until: int | None, ago: int, *, is_meant: bool
    ) -> None:
        if not is_meant:
            return
        self.give(
            "REVIEW",
            commands.RuleSanctionWrongful,
            sanction=self.pick(self.state.sanctions, sanction),
            authority="x",
            ruled_on=self.back(ago),
            wrong_from=None if from_ is None else self.back(-from_),
            wrong_until=None if until is None else self.back(-until),
        )

    @rule(sanction=PICK, ago=BACK)
    def reverses(self, sanction: int, ago: int) -> None:
        self.give(
            "REVIEW",
            commands.ReverseRuling,
            sanction=self.pick(self.state.sanctions, sanction),
            authority="x",
            reversed_on=self.back(ago),
        )

    # -- what must hold -------------------------------------------------------------

    @invariant()
    def what_is_barred_is_not_enforced(self) -> None:
        """Today and from now on, by the entries themselves and by the state that is told."""
        facts, today = self.facts, self.scene.today
        for imposed in facts:
            if not isinstance(imposed, SanctionImposed):
                continue
            if any(is_barred(facts, record) for record in imposed.records):
                over = imposed.ends_on <= today
                assert over or is_halted(facts, imposed.sanction, today) or self.is_over(imposed)
                for later in (0, 1, 30, 400):
                    on = today + timedelta(days=later)
                    assert self.told(imposed.sanction, on) != "in_force"

    def is_over(self, imposed: SanctionImposed) -> bool:
        """Ended before anything happened to its record: then no entry needs to say so."""
        return self.told(imposed.sanction, self.scene.today) in {"ended", "lifted"}

    def told(self, sanction: str, on: date) -> str:
        return sanction_status(self.state.sanctions[sanction], self.state.records, on).state

    @invariant()
    def states_fit_on_the_days_just_named(self) -> None:
        self.states_fit(dates_of(self.scene.facts) | {self.scene.today})

    def states_fit(self, days: Iterable[date]) -> None:
        state = self.state
        for on in days:
            records = {key: record_status(record, on) for key, record in state.records.items()}
            for found in records.values():
                assert found is None or found.since <= on
            for sanction in state.sanctions.values():
                status = sanction_status(sanction, state.records, on)
                assert (status.since > on) == (status.state == "not_started")
                if status.state != "in_force":
                    continue
                imposed = sanction.imposed.facts
                assert imposed.starts_on <= on < imposed.ends_on
                for key in imposed.records:
                    basis = records[key]
                    assert basis is not None
                    assert basis.state in {"valid", "corrected"}
                    assert basis.state not in ENDING

    def teardown(self) -> None:
        """Every day of a window, and the whole fold once more from the JSON of the entries."""
        days = dates_of(self.facts)
        if days:
            span = min((max(days) - min(days)).days, 400)
            self.states_fit(min(days) + timedelta(days=n) for n in range(0, span, 3))
            self.states_fit(days)
        again = [
            dataclasses.replace(
                entry,
                facts=type(entry.facts).model_validate(
                    json.loads(json.dumps(entry.facts.to_json()))
                ),
            )
            for entry in self.scene.entries
        ]
        assert fold(again) == self.state


MIN_EXAMPLES = 150
"""Fewer seldom reach a resumption or a repeated objection; as many take some eight seconds."""

Commands.TestCase.settings = settings(
    settings(), max_examples=max(MIN_EXAMPLES, settings().max_examples), stateful_step_count=40
)
TestCommands = Commands.TestCase


def test_the_machine_reaches_sanctions_in_force() -> None:
    """The machine's own rules lead to what it watches over: it does not only collect refusals."""
    machine = Commands()
    machine.collects(1, ("general", "SUPPLIER"), 5, (None, None), is_told=True)
    machine.imposes([0], "limit_procurement", 0, 100)
    (key,) = machine.state.sanctions
    assert machine.told(key, machine.scene.today) == "in_force"
    machine.objects(0, "subject", 0, None)
    assert machine.told(key, machine.scene.today) == "suspended"
    machine.decides(0, "rejected", 0)
    machine.resumes(0, None, None)
    assert machine.told(key, machine.scene.today) == "in_force"
    assert machine.scene.today == day("03-01")
    machine.what_is_barred_is_not_enforced()
    machine.teardown()
