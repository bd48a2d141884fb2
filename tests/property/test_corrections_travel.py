"""Acts on a record reach every recipient once, and do there what they do at home."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ledger.commands import subject_commands as commands
from ledger.errors import LedgerError
from ledger.events.disputes import ObjectionDecided, ObjectionFiled, RepairDecided
from ledger.events.records import RecordCorrected, RecordMended, RecordWithdrawn
from ledger.events.subjects import PersonalDataErased
from ledger.subject.duties import REQUIRED
from ledger.subject.refusals_exchange import NotDisclosable
from tests.unit.subject.conveyed import Node, both, relayed_of, tell
from tests.unit.subject.made import (
    NO_ID,
    answer,
    correct,
    decision,
    impose,
    mend,
    objection,
    repair,
    repair_decision,
    told,
    withdraw,
)

pytestmark = pytest.mark.property
PICK = st.integers(0, 3)
COMMON = st.one_of(
    st.tuples(st.just("object"), st.sampled_from(["subject", "third_party"])),
    st.tuples(st.just("decide"), PICK, st.sampled_from(["rejected", "rejected", "upheld"])),
    st.tuples(
        st.just("correct"),
        st.sampled_from(["minor", "general", "serious"]),
        st.sampled_from(["own_check", "objection", "supplier_error"]),
    ),
    st.tuples(st.just("resume"), PICK),
)
RARE = st.one_of(
    st.tuples(st.just("repeat"), PICK),
    st.tuples(st.just("answer"), PICK, st.sampled_from(["confirmed", "corrected", "wrong"])),
    st.tuples(st.just("impose")),
    st.tuples(st.just("time")),
    st.tuples(st.just("give"), st.sampled_from(["zhangzhou", "quanzhou"])),
)
LAST = st.one_of(
    st.tuples(st.just("withdraw"), st.sampled_from(["from_beginning", "today"])),
    st.tuples(st.just("mend")),
    st.tuples(st.just("repair")),
    st.tuples(st.just("erase")),
)
"""Acts after which little is left to watch."""


def acts_in(facts: list[Any], before: dict[str, Any]) -> list[str]:
    """The acts of a transaction that recipients must hear of, read from its entries."""
    found = []
    for each in facts:
        match each:
            case ObjectionFiled(repeats=None):
                found.append("objection")
            case ObjectionDecided():
                repeats = before[each.objection].filed.facts.repeats is not None
                if each.outcome == "rejected" and not repeats:
                    found.append("confirmed")
                if each.outcome == "upheld" and repeats:
                    found.append("objection")
            case RecordCorrected():
                found.append("correction")
            case RecordWithdrawn():
                found.append("withdrawal")
            case RecordMended():
                found.append("mended")
            case RepairDecided(outcome="approved"):
                found.append("repair")
            case PersonalDataErased():
                found.append("erasure")
            case _:
                pass
    return found


class Play:
    """Xiamen gives its record to Zhangzhou and Quanzhou, Zhangzhou passes it on to Longyan."""

    def __init__(self) -> None:
        self.home = Node("xiamen")
        self.record = told(self.home)
        self.home.today = self.home.today.replace(day=9)
        self.others = {
            name: Node(name, is_open=False) for name in ("zhangzhou", "quanzhou", "longyan")
        }
        self.sanctions: list[dict[str, str]] = []

    def holders(self) -> list[Node]:
        return [n for n in self.others.values() if self.record in n.subject.state.records]

    def run(self, act: tuple[Any, ...]) -> None:
        kind, *about = act
        if kind == "time":
            for node in (self.home, *self.others.values()):
                node.today = self.home.today.fromordinal(self.home.today.toordinal() + 60)
            return
        for node in self.others.values():
            node.today = self.home.today
        if kind in {"impose", "resume"}:
            getattr(self, kind)(*about)
        elif kind == "give":
            self.give(self.home, self.others[about[0]])
        elif kind == "pass_on":
            self.give(self.others["zhangzhou"], self.others["longyan"])
        else:
            self.act(kind, *about)

    def give(self, source: Node, target: Node) -> None:
        if self.record in source.subject.state.records and target not in self.holders():
            with suppress(NotDisclosable):
                both(source, target, self.record)
                event(f"given to {target.name}")

    def impose(self) -> None:
        """At home and wherever the record is held."""
        day = self.home.today
        command = impose(self.record, starts_on=day, ends_on=day.replace(year=day.year + 2))
        made = {}
        for node in (self.home, *self.holders()):
            with suppress(LedgerError):
                made[node.name] = node.do("BUYER", command)
        if self.home.name in made:
            event("imposed")
            self.sanctions.append(made)

    def resume(self, which: int) -> None:
        if not self.sanctions:
            return
        made = self.sanctions[which % len(self.sanctions)]
        done = set()
        for node in (self.home, *self.holders()):
            if node.name not in made:
                continue
            command = commands.ResumeSanction(sanction=made[node.name])
            try:
                node.do("CENTRE", command)
                done.add("resumed")
            except LedgerError:
                done.add("refused")
        assert len(done) == 1, "resumed at one node and not at another"
        event(done.pop())

    def act(self, kind: str, *about: Any) -> None:
        home = self.home
        before = dict(home.subject.state.objections)
        recipients = list(home.subject.state.records[self.record].shared.recipients)
        try:
            self.command(kind, about, before)
        except LedgerError:
            return
        event(kind)
        self.check_told(acts_in(home.facts, before), recipients)

    def command(self, kind: str, about: tuple[str, ...], before: dict[str, Any]) -> None:
        home, record, today = self.home, self.record, self.home.today.isoformat()
        keys = list(before) or [NO_ID]
        match kind, about:
            case "object", (filed_by,):
                home.do("CENTRE", objection(record, today, filed_by=filed_by))
            case "repeat", (which,):
                key = keys[int(which) % len(keys)]
                by = before[key].filed.facts.filed_by if before else "subject"
                home.do("CENTRE", objection(record, today, filed_by=by, repeats=key))
            case "answer", (which, finding):
                home.do("SUPPLIER", answer(keys[int(which) % len(keys)], finding, today))
            case "decide", (which, outcome):
                home.do("REVIEW", decision(keys[int(which) % len(keys)], outcome, today))
            case "correct", (tier, cause):
                changes = {"tier": tier}
                home.do("REVIEW", correct(record, changes, cause=cause, corrected_on=today))
            case "withdraw", (effective,):
                effective = today if effective == "today" else effective
                home.do("REVIEW", withdraw(record, effective=effective))
            case "mend", ():
                home.do("REVIEW", mend(record, today))
            case "repair", ():
                key = home.do("CENTRE", repair(record, today))
                home.do("REVIEW", repair_decision(key, "approved", today))
            case _:
                home.erase(records=(record,))

    def check_told(self, acts: list[str], recipients: list[str]) -> None:
        """Each recipient has one notice of each act, in the transaction of the act; then deliver."""
        notices = self.home.given_notices()
        assert sorted((n.act, n.recipient) for n in notices) == sorted(
            (act, recipient) for act in acts for recipient in recipients
        )
        for notice in notices:
            assert notice.required == REQUIRED[notice.act]
            acted = next(e for e in self.home.entries if e.seq == notice.acted)
            assert acted.facts in self.home.facts
            node = self.others[notice.recipient]
            held = node.subject.state.records[self.record]
            onward = list(held.shared.recipients)
            first = tell(self.home, node, notice)
            passed = node.given_notices()
            assert [n.recipient for n in passed] == onward
            for relayed in passed:
                self.others[relayed.recipient].hear(relayed_of(node, relayed, first))
            assert not node.hear(first), "an act was told twice and counted twice"
            assert not node.last

    def check_states(self) -> None:
        """A sanction imposed at home and elsewhere alike is in the same state everywhere."""
        for made in self.sanctions:
            at_home = self.home.sanction_state(made["xiamen"])
            for name, sanction in made.items():
                node = self.home if name == "xiamen" else self.others[name]
                found = node.sanction_state(sanction, self.home.today)
                assert found == at_home, f"{found} at {name}, {at_home} at home"


@settings(deadline=None, max_examples=200)
@given(
    acts=st.lists(st.one_of(COMMON, COMMON, RARE), min_size=5, max_size=14),
    last=st.lists(LAST, max_size=3),
)
def test_each_recipient_is_told_once_and_does_as_home_does(
    acts: list[tuple[Any, ...]], last: list[tuple[Any, ...]]
) -> None:
    """One notice for each act and recipient in the act's transaction; sanctions stand alike."""
    play = Play()
    for act in [("give", "zhangzhou"), ("impose",), ("pass_on",), *acts, *last]:
        play.run(act)
        play.check_states()
