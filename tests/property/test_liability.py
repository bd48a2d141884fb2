"""Days of liability, whatever was entered at three nodes in whatever order."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.events.base import Facts
from ledger.events.disputes import ObjectionFiled
from ledger.events.records import RecordWithdrawn
from ledger.events.sanctions import EnforcementReported, SanctionResumed
from projections.liability.answer import to_json
from projections.liability.model import SpellInTrail, Trail
from projections.liability.trail import trail
from projections.liability.views import NodeView
from tests.unit.projections.liability.building import (
    R1,
    R2,
    S1,
    SECOND,
    SUPPLIER,
    World,
    day,
    lifted,
    uid,
)

KNOWN_ON = day("06-01")
ONE_DAY = timedelta(days=1)
HOMES = ("xiamen", "zhangzhou", "sanming")
STATES = ("applied", "never_applied", "suspended", "lifted", "still_enforcing")
ACTS = (
    "object",
    "object",
    "object_other",
    "reject",
    "resume",
    "told",
    "told",
    "told_relay",
    "report",
    "report",
    "report",
    "withdraw",
    "correct",
    "rule",
    "rule",
    "reverse",
    "lift",
)


def text(on: date) -> str:
    return on.strftime("%m-%d")


def step(draw: st.DrawFn, world: World, home: str, act: str, on: date) -> None:
    """Enter one act; one that has nothing to be about is left out."""
    today, number = text(on), world.entered
    own = (S1,) if home == "xiamen" else ()
    record = draw(st.sampled_from([R1, R2])) if act in {"withdraw", "correct"} else R1
    match act:
        case "object" | "object_other":
            filed = on - timedelta(days=draw(st.integers(0, 6)))
            key = R2 if act == "object_other" else R1
            objection = uid(100 + number)
            world.object("xiamen", today, *own, objection=objection, record=key, filed=text(filed))
        case "reject":
            held = [e.facts for e in world.logs["xiamen"] if isinstance(e.facts, ObjectionFiled)]
            if held:
                one = draw(st.sampled_from(held))
                world.reject("xiamen", today, objection=one.objection)
        case "resume":
            world.resume(home, today, S1)
        case "told" | "told_relay":
            node = home if act == "told" else "zhangzhou"
            if node != "xiamen":
                tell(draw, world, node, today)
        case "report":
            world.report(home, today, S1, draw(st.sampled_from(STATES)))
        case "withdraw":
            fault = draw(st.sampled_from(["none", SUPPLIER, SECOND, "SOMEBODY"]))
            world.withdraw("xiamen", today, *own, record=record, fault=fault)
        case "correct":
            world.correct("xiamen", today, *own, record=record)
        case "rule":
            from_ = day("03-01") + timedelta(days=draw(st.integers(0, 60)))
            until = from_ + timedelta(days=draw(st.integers(1, 60)))
            faulty = draw(st.sampled_from([(), (R1,), (R2,), (R1, R2)]))
            window = {"wrong_from": text(from_), "wrong_until": text(until)}
            world.rule(home, today, S1, *faulty, **window)
        case "reverse":
            world.reverse(home, today, S1)
        case "lift":
            cause = draw(st.sampled_from(["ended_early", "ruled_wrongful", "record_withdrawn"]))
            world.at(home, today, lifted(S1, cause, today))


def tell(draw: st.DrawFn, world: World, node: str, today: str) -> None:
    kinds = [
        (kind, name)
        for kind, name in ((ObjectionFiled, "objection"), (RecordWithdrawn, "withdrawal"))
        if any(isinstance(e.facts, kind) for e in world.logs["xiamen"])
    ]
    if kinds:
        kind, name = draw(st.sampled_from(kinds))
        sender = "zhangzhou" if node == "sanming" else None
        world.receive(node, today, uid(500 + world.entered), name, kind, sender=sender)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """One sanction at one of three nodes, and up to 16 acts in order of time."""
    home = draw(st.sampled_from(HOMES))
    world = World().collect("xiamen", "03-02").collect("xiamen", "03-02", R2, SECOND)
    for record in (R1, R2):
        if home != "xiamen":
            world.disclose("xiamen", "zhangzhou", "03-03", record=record)
        if home == "sanming":
            world.disclose("xiamen", home, "03-04", sender="zhangzhou", record=record)
    world.impose(home, "03-09", S1, R1, R2, report=draw(st.sampled_from([None, *STATES])))
    on = day("03-09")
    for act in draw(st.lists(st.sampled_from(ACTS), max_size=16)):
        on += timedelta(days=draw(st.integers(0, 5)))
        step(draw, world, home, act, on)
    return world


def days_of(from_: date, until: date) -> set[date]:
    return {from_ + timedelta(days=n) for n in range((until - from_).days)}


def counted(found: Trail) -> Counter[date]:
    return Counter(
        each for party in found.days.parties for a, b in party.spans for each in days_of(a, b)
    )


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_days_add_up_and_each_has_one_party(world: World) -> None:
    """The parties' days are exactly the days enforced inside the rulings, each borne once."""
    found = world.trail(S1, on="06-01")
    each = counted(found)
    assert set(each.values()) <= {1}
    assert found.days.total == len(each) == sum(party.days for party in found.days.parties)
    enforced = {one for a, b in found.enforced for one in days_of(a, b)}
    if found.rulings:
        live = [r for r in found.rulings if r.reversed_on is None]
        ruled = {one for r in live for one in days_of(r.wrong_from, r.wrong_until)}
        assert set(each) == enforced & ruled
    else:
        assert set(each) <= enforced
    assert all(found.starts_on <= one < KNOWN_ON for one in each)


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_days_reported_suspended_never_count(world: World) -> None:
    """From a report that it stopped until the next that it runs, or a resumption, no day counts."""
    found = world.trail(S1, on="06-01")
    stopped: date | None = None
    free: set[date] = set()
    for entry in world.logs[found.node]:
        on = (entry.recorded_at + timedelta(hours=8)).date()
        facts = entry.facts
        if isinstance(facts, EnforcementReported) and facts.state in {"suspended", "lifted"}:
            stopped = stopped or on
        elif runs_again(facts) and stopped is not None:
            free |= days_of(stopped, on)
            stopped = None
    if stopped is not None:
        free |= days_of(stopped, KNOWN_ON)
    assert not free & set(counted(found))


def runs_again(facts: Facts) -> bool:
    if isinstance(facts, EnforcementReported):
        return facts.state in {"applied", "still_enforcing"}
    return isinstance(facts, SanctionResumed)


def literally(spells: tuple[SpellInTrail, ...], enforcer: str, on: date) -> tuple[str, str] | None:
    """The three rules as they are written; None: the third."""
    spell = next((s for s in spells if s.closed_on is None or on < s.closed_on), None)
    if spell is None:
        return None
    if spell.told is not None and on > spell.told:
        return enforcer, "enforcer"
    if on > spell.entered:
        node = spell.hops[0].node
        for hop in spell.hops:
            if hop.told is not None and on > hop.told:
                node = hop.node
        return node, "node"
    return None


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_each_day_lies_where_the_rules_put_it(world: World) -> None:
    """Told day by day from the spells: the enforcer, a node of the way, or whose fault it is."""
    found = world.trail(S1, on="06-01")
    for party in found.days.parties:
        for from_, until in party.spans:
            for on in days_of(from_, until):
                expected = literally(found.spells, found.enforcer, on)
                if expected is None:
                    assert party.role in {"supplier", "initiator", "registrar"}
                else:
                    assert (party.party, party.role) == expected


@settings(max_examples=60, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_views_matters(world: World, random: object) -> None:
    """Views shuffled, split and given twice tell the same trail."""
    views = [NodeView(v.node, (e,)) for v in world.views() for e in v.entries]
    random.shuffle(views)  # type: ignore[attr-defined]
    again = trail([*views, *world.views()], S1, KNOWN_ON)
    assert again == world.trail(S1, on="06-01")


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_a_trail_is_whole(world: World) -> None:
    """Edges join vertices that are there, positions lie in the trail, and JSON says it all."""
    found = world.trail(S1, on="06-01")
    ids = {vertex.id for vertex in found.vertices}
    assert len(ids) == len(found.vertices)
    assert all(edge.source in ids and edge.target in ids for edge in found.edges)
    steps = range(len(found.steps))
    assert all(known.step in steps for known in found.knowledge)
    assert all(at in steps for vertex in found.vertices for at in vertex.steps)
    assert json.loads(json.dumps(to_json(found))) == to_json(found)


@settings(max_examples=60, deadline=None)
@given(worlds(), st.integers(0, 80))
def test_an_answer_for_a_past_day_never_changes(world: World, later: int) -> None:
    """What was known on a day tells the same trail, whatever was appended since."""
    on = text(day("03-10") + timedelta(days=later))
    then = world.known(on)
    before = then.trail(S1, on=on)
    world.report(before.node, "06-01", S1, "lifted")
    assert world.known(on).trail(S1, on=on) == before
