"""What people at a city may do next, drawn at random from what its log makes possible.

An act is drawn without asking whether it is allowed: many are refused, as they are in life.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from ledger.commands import subject_commands as commands
from ledger.orders import SubjectRef
from ledger.subject.aggregate import Subject
from ledger.subject.state import ObjectionState, RecordState, SanctionState
from tests.simulation.bodies import CITIES, FIRMS, SPARE
from tests.simulation.city import City
from tests.simulation.homes import Stopped

MEASURES = ("limit_procurement", "limit_bidding", "limit_fiscal_funds")
ENDS = timedelta(days=200)
COMMON = 0.75
TRIES = 4
LIVES = (timedelta(hours=30), timedelta(days=6), timedelta(days=30))
DIGEST = sha256("示例".encode()).hexdigest()


class Idle(Exception):
    """There is nothing that this could be done to."""


class Acts:
    """The acts of people; each returns in a few words what it was."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._documents = 0

    def draw(self, city: City) -> str:
        """Do something. Raises ``Idle`` or the refusal of what was tried."""
        kinds = list(WEIGHTS)
        for _ in range(TRIES):
            (kind,) = self._chance.choices(kinds, [WEIGHTS[one] for one in kinds])
            deed: Callable[[City], str] = getattr(self, kind)
            with suppress(Idle):
                return f"{kind} {deed(city)}"
        raise Idle

    # -- what there is -----------------------------------------------------------------

    def _pick(self, found: list[Any]) -> Any:
        if not found:
            raise Idle
        return self._chance.choice(found)

    def record(self, city: City, *, own: bool | None = None) -> tuple[Subject, str, RecordState]:
        """Mostly one that other cities hold, too."""
        known = [
            (subject, key, record)
            for subject in city.subjects.values()
            for key, record in subject.state.records.items()
            if own is None or own == (record.received is None)
        ]
        common = [one for one in known if one[2].received is not None or one[2].shared.disclosed]
        chosen: tuple[Subject, str, RecordState] = self._pick(
            common if common and self._chance.random() < COMMON else known
        )
        return chosen

    def sanction(self, city: City) -> tuple[str, SanctionState]:
        chosen: tuple[str, SanctionState] = self._pick(
            [one for subject in city.subjects.values() for one in subject.state.sanctions.items()]
        )
        return chosen

    def objection(self, city: City) -> tuple[str, ObjectionState]:
        chosen: tuple[str, ObjectionState] = self._pick(
            [
                (key, one)
                for subject in city.subjects.values()
                for key, one in subject.state.objections.items()
                if one.is_open
            ]
        )
        return chosen

    # -- records -----------------------------------------------------------------------

    def collect(self, city: City) -> str:
        self._documents += 1
        decided = self._chance.choice((city.today, date(2025, 9, 1), date(2025, 2, 1)))
        command = commands.CollectRecord(
            item="administrative_penalty",
            supplier=city.bodies.supplier,
            document_number=f"示监处罚〔2026〕{self._documents}号",
            decided_on=decided,
            legal_basis="《示例法》第一条",
            tier=self._chance.choice(("general", "serious")),
            amounts={"fine": "3.5"},
        )
        firm = self._chance.choice(FIRMS)
        ref = SubjectRef("uscc", firm, "legal_person", "示例有限公司")
        sealed = {"narrative": "示例案情"} if self._chance.random() < 0.8 else {}
        done = city.do(command, "supplier", ref, sealed)
        if self._chance.random() < 0.8 and done.created is not None:
            self._serve(city, done.created)
        return _short(done.created)

    def _serve(self, city: City, record: str) -> None:
        command = commands.ServeNotice(record=record, served_on=city.today, channel="letter")
        city.do(command, "supplier")

    def serve(self, city: City) -> str:
        _, key, _ = self.record(city, own=True)
        self._serve(city, key)
        return _short(key)

    def correct(self, city: City) -> str:
        _, key, record = self.record(city, own=True)
        changes: dict[str, Any] = self._chance.choice(
            [
                {"amounts": {"fine": f"{self._chance.randrange(1, 99)}"}},
                {"tier": self._chance.choice(("minor", "general", "serious"))},
                {"document_number": f"{record.facts.document_number}更"},
            ]
        )
        command = commands.CorrectRecord(
            record=key,
            changes=changes,
            cause=self._chance.choice(("supplier_error", "objection", "own_check")),
            corrected_on=city.today,
        )
        city.do(command, self._chance.choice(("supplier", "reviewer")))
        return _short(key)

    def withdraw(self, city: City) -> str:
        _, key, record = self.record(city, own=True)
        effective: Any = self._chance.choice(("from_beginning", "from_beginning", city.today))
        command = commands.WithdrawRecord(
            record=key, cause="supplier_error", fault=record.facts.supplier, effective=effective
        )
        city.do(command, "supplier")
        return _short(key)

    def mend(self, city: City) -> str:
        _, key, _ = self.record(city, own=True)
        command = commands.MendRecord(record=key, evidence=DIGEST, mended_on=city.today)
        city.do(command, "registrar")
        return _short(key)

    def repair(self, city: City) -> str:
        """Requested, accepted and decided one after the other; a stop may come between."""
        _, key, _ = self.record(city, own=True)
        asked = commands.RequestRepair(
            record=key,
            evidence=(DIGEST,),
            conditions_met=("fully_corrected", "public_commitment"),
            requested_on=city.today,
        )
        repair = city.do(asked, "registrar").created
        assert repair is not None
        city.do(commands.AcceptRepair(repair=repair, accepted_on=city.today), "registrar")
        command = commands.DecideRepair(repair=repair, outcome="approved", decided_on=city.today)
        city.do(command, "reviewer")
        return _short(key)

    def erase(self, city: City) -> str:
        """One record, or all of the subject's: the notices of both name one act."""
        own = True if self._chance.random() < 0.8 else None
        subject, key, _ = self.record(city, own=own)
        keys = tuple(subject.state.records) if self._chance.random() < 0.2 else (key,)
        try:
            self.erase_records(city, keys)
        except Stopped:
            city.unfinished.append(keys)
            raise
        return ", ".join(map(_short, keys))

    @staticmethod
    def erase_records(city: City, keys: tuple[str, ...]) -> None:
        city.do(commands.ErasePersonalData(basis="示例法", records=keys), "registrar")

    def hold(self, city: City) -> str:
        _, key, _ = self.record(city)
        city.do(commands.PlaceHold(records=(key,), basis="示例法"), "reviewer")
        return _short(key)

    def release(self, city: City) -> str:
        hold = self._pick([h for s in city.subjects.values() for h in s.state.holds])
        city.do(commands.ReleaseHold(hold=hold, basis="示例法"), "reviewer")
        return _short(hold)

    @staticmethod
    def release_all(city: City) -> None:
        for hold in [hold for one in city.subjects.values() for hold in one.state.holds]:
            city.do(commands.ReleaseHold(hold=hold, basis="示例法"), "reviewer")

    def identifier(self, city: City) -> str:
        firm, new = self._chance.choice(FIRMS), self._chance.choice(SPARE)
        command = commands.CorrectIdentifier(
            new_scheme="uscc", new_identifier=new, reason="录入有误", authority="示例局"
        )
        city.do(command, "registrar", SubjectRef("uscc", firm))
        return f"{firm[-4:]} > {new[-4:]}"

    # -- disputes ----------------------------------------------------------------------

    def object(self, city: City) -> str:
        own = True if self._chance.random() < 0.9 else None
        _, key, _ = self.record(city, own=own)
        by: Any = self._chance.choice(("subject", "subject", "enforcer", "third_party"))
        command = commands.FileObjection(record=key, filed_by=by, filed_on=city.today)
        return f"{_short(city.do(command, 'registrar').created)} to {_short(key)}"

    def repeat(self, city: City) -> str:
        key, one = self._pick(
            [
                (key, one)
                for subject in city.subjects.values()
                for key, one in subject.state.objections.items()
                if one.rejected
            ]
        )
        record = one.filed.facts.record
        command = commands.FileObjection(
            record=record, filed_by="subject", filed_on=city.today, repeats=key
        )
        return f"{_short(city.do(command, 'registrar').created)} to {_short(record)}"

    def answer(self, city: City) -> str:
        key, _ = self.objection(city)
        finding: Any = self._chance.choice(("confirmed", "corrected", "wrong"))
        command = commands.AnswerObjection(objection=key, finding=finding, answered_on=city.today)
        city.do(command, "supplier")
        return f"{_short(key)} {finding}"

    def decide(self, city: City) -> str:
        key, _ = self.objection(city)
        outcome: Any = self._chance.choice(("upheld", "rejected", "rejected"))
        command = commands.DecideObjection(objection=key, outcome=outcome, decided_on=city.today)
        city.do(command, "reviewer")
        return f"{_short(key)} {outcome}"

    # -- sanctions ---------------------------------------------------------------------

    def impose(self, city: City) -> str:
        subject, key, _ = self.record(city)
        resting = [key]
        others = [other for other in subject.state.records if other != key]
        if others and self._chance.random() < 0.25:
            resting.append(self._chance.choice(others))
        body = city.bodies.initiator
        command = commands.ImposeSanction(
            measure=self._chance.choice(MEASURES),
            records=tuple(resting),
            initiator=body,
            enforcer=body,
            legal_basis="《示例法》第二条",
            starts_on=city.today,
            ends_on=city.today + ENDS,
        )
        done = city.do(command, "initiator")
        if self._chance.random() < 0.6 and done.created is not None:
            report = commands.ReportEnforcement(
                sanction=done.created, on=city.today, state="applied"
            )
            city.do(report, "enforcer")
        return f"{_short(done.created)} on {_short(key)}"

    def report(self, city: City) -> str:
        key, sanction = self.sanction(city)
        states: tuple[Any, ...] = ("applied", "still_enforcing")
        if sanction.lifted is not None:
            states = ("lifted", "lifted", "still_enforcing")
        elif sanction.open_spell is not None:
            states = ("suspended", "suspended", "still_enforcing")
        state = self._chance.choice(states)
        city.do(commands.ReportEnforcement(sanction=key, on=city.today, state=state), "enforcer")
        return f"{_short(key)} {state}"

    def resume(self, city: City) -> str:
        key, _ = self.sanction(city)
        city.do(commands.ResumeSanction(sanction=key), "registrar")
        return _short(key)

    def rule(self, city: City) -> str:
        key, sanction = self.sanction(city)
        command = commands.RuleSanctionWrongful(
            sanction=key,
            faulty_records=sanction.imposed.facts.records,
            authority="示例复核局",
            ruled_on=city.today,
        )
        city.do(command, "reviewer")
        return _short(key)

    # -- exchange ----------------------------------------------------------------------

    def disclose(self, city: City) -> str:
        """To any other city: a record from elsewhere is relayed so."""
        to = self._chance.choice([name for name in CITIES if name != city.name])
        _, key, _ = self.record(city)
        records = [key]
        if self._chance.random() < 0.3:
            _, other, _ = self.record(city)
            records = list(dict.fromkeys([key, other]))
        fields = ("narrative",) if self._chance.random() < 0.6 else ()
        city.send(to, records, self._chance.choice(LIVES), fields)
        return f"{', '.join(map(_short, records))} to {to}"

    def give_up(self, city: City) -> str:
        notice = self._pick([one.notice for one in city.exchange.outstanding()])
        city.close_notice(notice)
        return _short(notice)


WEIGHTS: dict[str, int] = {
    "collect": 5,
    "serve": 1,
    "disclose": 22,
    "impose": 14,
    "report": 8,
    "object": 8,
    "repeat": 2,
    "answer": 5,
    "decide": 6,
    "correct": 6,
    "withdraw": 4,
    "mend": 2,
    "repair": 2,
    "erase": 3,
    "hold": 1,
    "release": 2,
    "identifier": 1,
    "resume": 3,
    "rule": 4,
    "give_up": 1,
}


def _short(identifier: str | None) -> str:
    return (identifier or "?")[-6:]
