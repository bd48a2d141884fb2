"""Every edge of the rules on counting days (DOMAIN rules, section 3), one test each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.events.disputes import ObjectionDecided, ObjectionFiled, RepairDecided, RepairRequested
from ledger.events.records import RecordCorrected, RecordMended, RecordWithdrawn
from tests.unit.projections.liability.building import (
    BUILDER,
    N2,
    O1,
    O2,
    PROCURER,
    R1,
    R2,
    REGISTRAR,
    REVIEWER,
    S1,
    S2,
    SECOND,
    SUPPLIER,
    World,
    day,
    fact,
    lifted,
    shares,
    spans,
    suspended,
    uid,
)


def one_node() -> World:
    """R1 at xiamen, S1 imposed on it on 03-09 and reported applied."""
    return World().collect("xiamen", "03-02").impose("xiamen", "03-09", S1)


def two_nodes() -> World:
    """R1 of xiamen at zhangzhou, S2 imposed there on 03-12 and reported applied."""
    world = World().collect("xiamen", "03-02").disclose("xiamen", "zhangzhou", "03-10")
    return world.impose("zhangzhou", "03-12", S2)


def codes(world: World, sanction: str = S1, on: str = "04-30") -> set[str]:
    return {each.code for each in world.trail(sanction, on=on).open}


def limits(world: World, sanction: str = S1) -> set[str]:
    return {each.code for each in world.trail(sanction).limits}


# -- several records and suppliers ---------------------------------------------------


def two_records(second: str = SECOND) -> World:
    world = World().collect("xiamen", "03-02").collect("xiamen", "03-03", R2, second)
    return world.impose("xiamen", "03-09", S1, R1, R2)


def test_several_faulty_records_of_several_suppliers_are_borne_jointly() -> None:
    """One cell, the suppliers sorted and joined by a plus sign."""
    world = two_records().object("xiamen", "03-20", S1).report("xiamen", "03-20", S1, "suspended")
    world.withdraw("xiamen", "04-01", S1, fault="none")
    world.withdraw("xiamen", "04-02", record=R2, fault="none").rule("xiamen", "04-03", S1, R1, R2)
    assert shares(world.trail(S1)) == {f"supplier {SUPPLIER}+{SECOND}": 11}


def test_several_faulty_records_of_one_supplier_are_one_party() -> None:
    """The same supplier is not named twice."""
    world = two_records(SUPPLIER).report("xiamen", "03-20", S1, "suspended")
    world.rule("xiamen", "04-03", S1, R1, R2)
    assert shares(world.trail(S1)) == {f"supplier {SUPPLIER}": 11}


def test_only_the_faulty_one_of_two_records_counts() -> None:
    """The supplier of a record that nobody found faulty bears nothing."""
    world = two_records().report("xiamen", "03-20", S1, "suspended").rule("xiamen", "04-03", S1, R2)
    assert shares(world.trail(S1)) == {f"supplier {SECOND}": 11}
    assert [each.faulty for each in world.trail(S1).records] == [False, True]


def test_a_ruling_that_names_no_record_takes_those_that_were_withdrawn() -> None:
    """The withdrawn record is the faulty one, and the trail says so among its limits."""
    world = two_records().object("xiamen", "03-20", S1, record=R2)
    world.report("xiamen", "03-20", S1, "suspended")
    world.withdraw("xiamen", "04-01", S1, record=R2, fault="none").rule("xiamen", "04-03", S1)
    assert shares(world.trail(S1)) == {f"supplier {SECOND}": 11}
    assert "ruling_names_no_record" in limits(world)


def test_the_first_act_on_any_record_decides_on_entered() -> None:
    """A later act on another record of the same sanction moves nothing."""
    world = (
        two_records()
        .object("xiamen", "03-15", S1)
        .object("xiamen", "03-18", S1, objection=O2, record=R2)
    )
    world.report("xiamen", "03-20", S1, "suspended").rule("xiamen", "04-03", S1, R1, R2)
    assert shares(world.trail(S1)) == {
        f"supplier {SUPPLIER}+{SECOND}": 7,
        f"enforcer {PROCURER}": 4,
    }


# -- whose fault ------------------------------------------------------------------------


def ended(fault: str = SUPPLIER) -> World:
    world = one_node().object("xiamen", "03-20", S1).report("xiamen", "03-20", S1, "suspended")
    return world.withdraw("xiamen", "04-24", S1, fault=fault).rule("xiamen", "04-24", S1, R1)


@pytest.mark.parametrize(
    ("fault", "borne"),
    [
        (SUPPLIER, f"supplier {SUPPLIER}"),
        ("none", f"supplier {SUPPLIER}"),
        (REGISTRAR, f"registrar {REGISTRAR}"),
        (PROCURER, f"initiator {PROCURER}"),
        ("SOMEBODY", "supplier SOMEBODY"),
        ("xiamen", "node xiamen"),
    ],
)
def test_the_party_that_the_withdrawal_names_bears_what_is_before_the_act(
    fault: str, borne: str
) -> None:
    """Named nobody, it is the supplier; the role is what the party is in this trail."""
    assert shares(ended(fault).trail(S1)) == {borne: 11}


def test_no_faulty_record_at_all_is_the_initiators() -> None:
    """A ruling on a sanction whose records all stand lies on who imposed it."""
    world = one_node().report("xiamen", "03-20", S1, "lifted").rule("xiamen", "03-20", S1)
    assert shares(world.trail(S1)) == {f"initiator {PROCURER}": 11}


def test_after_a_ruling_that_lifts_the_sanction_the_enforcer_bears() -> None:
    """The lifting is an act that forbids enforcement, entered at the enforcer's own node."""
    world = one_node()
    made = lifted(S1, "ruled_wrongful", "03-20")
    world.rule("xiamen", "03-20", S1).at("xiamen", "03-20", made, by=REVIEWER)
    world.report("xiamen", "03-25", S1, "lifted")
    assert shares(world.trail(S1)) == {f"initiator {PROCURER}": 12, f"enforcer {PROCURER}": 4}


# -- the objection entered late ----------------------------------------------------------


def test_an_objection_entered_late_lies_on_the_registrar() -> None:
    """Filed on the 12th, entered on the 20th: the days between are the registrar's."""
    world = one_node().object("xiamen", "03-20", S1, filed="03-12")
    world.report("xiamen", "03-23", S1, "suspended").withdraw("xiamen", "04-24", S1)
    trail = world.rule("xiamen", "04-24", S1, R1).trail(S1)
    assert shares(trail) == {
        f"supplier {SUPPLIER}": 4,
        f"registrar {REGISTRAR}": 8,
        f"enforcer {PROCURER}": 2,
    }
    assert spans(trail, "supplier") == [("03-09", "03-13")]
    assert spans(trail, "registrar") == [("03-13", "03-21")]


def test_an_objection_filed_before_the_sanction_began_leaves_the_supplier_nothing() -> None:
    """All days up to the entry are the registrar's."""
    world = one_node().object("xiamen", "03-20", S1, filed="03-05")
    world.report("xiamen", "03-20", S1, "suspended").withdraw("xiamen", "04-24", S1)
    assert shares(world.rule("xiamen", "04-24", S1, R1).trail(S1)) == {f"registrar {REGISTRAR}": 11}


def test_the_day_of_the_act_itself_is_not_the_enforcers() -> None:
    """Enforced from the very day of the objection: that day is the supplier's."""
    world = one_node().object("xiamen", "03-09", S1).report("xiamen", "03-11", S1, "suspended")
    world.rule("xiamen", "04-24", S1, R1)
    assert shares(world.trail(S1)) == {f"supplier {SUPPLIER}": 1, f"enforcer {PROCURER}": 1}


def test_the_day_of_filing_itself_is_not_the_registrars() -> None:
    """Filed on the first day of enforcement: that day is the supplier's."""
    world = one_node().object("xiamen", "03-12", S1, filed="03-09")
    world.report("xiamen", "03-12", S1, "suspended").rule("xiamen", "04-24", S1, R1)
    assert shares(world.trail(S1)) == {f"supplier {SUPPLIER}": 1, f"registrar {REGISTRAR}": 2}


def test_the_day_of_the_notice_itself_is_the_owing_nodes() -> None:
    """Enforced from the day on which the notice came: that day is the origin's."""
    world = World().collect("xiamen", "03-02").disclose("xiamen", "zhangzhou", "03-08")
    world.object("xiamen", "03-10").impose("zhangzhou", "03-12", S2)
    world.receive("zhangzhou", "03-12", N2, "objection", ObjectionFiled, objection=O1)
    world.report("zhangzhou", "03-14", S2, "suspended")
    assert shares(world.trail(S2)) == {"node xiamen": 1, f"enforcer {BUILDER}": 1}


def test_a_late_objection_is_told_to_another_node_by_its_notice() -> None:
    """The enforcer's node alone knows when the objection was filed, and who kept it."""
    world = two_nodes().object("xiamen", "03-20", filed="03-15")
    world.receive(
        "zhangzhou",
        "03-23",
        N2,
        "objection",
        ObjectionFiled,
        suspended(S2, N2, "03-23"),
        objection=O1,
        filed_on=day("03-15"),
        registrar=REGISTRAR,
    )
    world.report("zhangzhou", "03-23", S2, "suspended").rule("zhangzhou", "04-27", S2, R1)
    expected = {f"supplier {SUPPLIER}": 4, f"registrar {REGISTRAR}": 5, "node xiamen": 2}
    assert shares(world.trail(S2)) == expected
    assert shares(world.trail(S2, "zhangzhou")) == expected


def test_a_repeated_objection_forbids_nothing_until_it_is_upheld() -> None:
    """It suspends nothing; the reviewer's word does, from its own day."""
    world = one_node().object("xiamen", "03-12", S1).report("xiamen", "03-12", S1, "suspended")
    world.reject("xiamen", "03-14", S1).report("xiamen", "03-14", S1, "applied")
    world.object("xiamen", "03-16", objection=O2, repeats=O1)
    upheld = fact(
        ObjectionDecided, objection=O2, outcome="upheld", reviewer=REVIEWER, decided_on=day("03-20")
    )
    world.at("xiamen", "03-20", upheld, suspended(S1, O2, "03-20"), by=REVIEWER)
    world.report("xiamen", "03-22", S1, "suspended").rule("xiamen", "04-01", S1, R1)
    assert shares(world.trail(S1)) == {f"supplier {SUPPLIER}": 3 + 7, f"enforcer {PROCURER}": 1}


# -- relays --------------------------------------------------------------------------------

RELAYED = {
    f"supplier {SUPPLIER}": 9,
    "node xiamen": 3,
    "node zhangzhou": 4,
    f"enforcer {PROCURER}": 2,
}


def relayed() -> World:
    """R1 of xiamen by zhangzhou to sanming, where S1 rests on it; the notice goes that way."""
    world = World().collect("xiamen", "03-02").disclose("xiamen", "zhangzhou", "03-08")
    world.disclose("xiamen", "sanming", "03-10", sender="zhangzhou")
    world.impose("sanming", "03-12", S1).object("xiamen", "03-20")
    world.receive("zhangzhou", "03-23", uid(51), "objection", ObjectionFiled)
    hop = {"node": "zhangzhou", "received_at": world.logs["zhangzhou"][-1].recorded_at}
    world.receive(
        "sanming",
        "03-27",
        uid(52),
        "objection",
        ObjectionFiled,
        suspended(S1, uid(52), "03-27"),
        sender="zhangzhou",
        hops=[hop],
        objection=O1,
        filed_on=day("03-20"),
    )
    return world.report("sanming", "03-30", S1, "suspended").rule("sanming", "04-27", S1, R1)


def test_over_several_hops_each_node_bears_until_the_next_was_told() -> None:
    """Xiamen until zhangzhou was told, zhangzhou until sanming was, then the enforcer."""
    trail = relayed().trail(S1)
    assert shares(trail) == RELAYED
    assert spans(trail, "node") == [("03-21", "03-24"), ("03-24", "03-28")]
    assert trail.records[0].path == ("xiamen", "zhangzhou", "sanming")
    (spell,) = trail.spells
    assert [hop.node for hop in spell.hops] == ["xiamen", "zhangzhou", "sanming"]


@pytest.mark.parametrize("nodes", [("sanming",), ("sanming", "xiamen"), ("sanming", "zhangzhou")])
def test_the_hops_of_a_notice_tell_of_nodes_whose_entries_are_missing(
    nodes: tuple[str, ...],
) -> None:
    """The last node alone shows the same table, and says whose entries it lacks."""
    trail = relayed().trail(S1, *nodes)
    assert shares(trail) == RELAYED
    assert "entries_of_a_node_missing" in {each.code for each in trail.limits}


def test_a_relay_that_was_told_and_told_nobody_owes_the_notice() -> None:
    """Sanming was never told: the days since zhangzhou was lie on zhangzhou, marked."""
    world = World().collect("xiamen", "03-02").disclose("xiamen", "zhangzhou", "03-08")
    world.disclose("xiamen", "sanming", "03-10", sender="zhangzhou")
    world.impose("sanming", "03-12", S1).object("xiamen", "03-20")
    world.receive("zhangzhou", "03-23", uid(51), "objection", ObjectionFiled)
    trail = world.trail(S1, on="04-01")
    assert shares(trail) == {f"supplier {SUPPLIER}": 9, "node xiamen": 3, "node zhangzhou": 8}
    assert ("not_acknowledged", "zhangzhou") in {(each.code, each.party) for each in trail.open}


def test_a_relay_told_after_the_enforcers_node_owed_nothing() -> None:
    """The notice came straight: only the origin owed it."""
    world = World().collect("xiamen", "03-02").disclose("xiamen", "zhangzhou", "03-08")
    world.disclose("xiamen", "sanming", "03-10", sender="zhangzhou")
    world.impose("sanming", "03-12", S1).object("xiamen", "03-20")
    world.receive("sanming", "03-25", uid(52), "objection", ObjectionFiled)
    world.receive("zhangzhou", "03-28", uid(51), "objection", ObjectionFiled)
    world.report("sanming", "03-25", S1, "suspended")
    assert shares(world.trail(S1)) == {f"supplier {SUPPLIER}": 9, "node xiamen": 4}


# -- never told, still open ---------------------------------------------------------------


def test_a_notice_that_never_came_lies_on_the_owing_node_marked_not_acknowledged() -> None:
    """All days after the act, up to the day of asking, are the origin's."""
    world = (
        two_nodes()
        .object("xiamen", "03-20")
        .notify("xiamen", "03-20", "zhangzhou", N2, "objection")
    )
    trail = world.withdraw("xiamen", "04-10").trail(S2, on="04-20")
    assert shares(trail) == {f"supplier {SUPPLIER}": 9, "node xiamen": 30}
    assert trail.spells[0].told is None
    marked = {(each.code, each.party) for each in trail.open}
    assert {("not_acknowledged", "xiamen"), ("not_acknowledged", "zhangzhou")} <= marked


def test_an_open_sanction_counts_up_to_the_day_of_asking() -> None:
    """Nobody reported an end: the days grow with the day of asking, which itself is out."""
    world = one_node().object("xiamen", "03-20", S1)
    for on, days in (("03-21", 0), ("03-22", 1), ("04-20", 30)):
        found = shares(world.trail(S1, on=on))
        assert found.get(f"enforcer {PROCURER}", 0) == days
        assert found[f"supplier {SUPPLIER}"] == 12
    assert "still_enforcing" in codes(world)


def test_no_day_counts_after_the_sanctions_own_end() -> None:
    """An enforcer that never reported is presumed to have stopped at the end of the period."""
    world = one_node().withdraw("xiamen", "03-20", S1).rule("xiamen", "03-20", S1, R1)
    trail = world.trail(S1, on="12-31")
    assert trail.days.total == (day("12-31") - day("03-09")).days
    assert max(span[1] for span in trail.enforced) == day("12-31")
    world = one_node()
    trail = world.withdraw("xiamen", "03-20", S1).trail(S1, on="12-31")
    assert trail.enforced == ((day("03-09"), day("12-31")),)


def test_without_a_ruling_nothing_counts_once_nothing_stands_against_it() -> None:
    """An objection that was rejected leaves no wrongful day."""
    world = one_node().object("xiamen", "03-20", S1).report("xiamen", "03-20", S1, "suspended")
    assert world.trail(S1, on="03-25").days.total == 11
    assert "not_ruled" in codes(world, on="03-25")
    world.reject("xiamen", "04-10", S1)
    assert world.trail(S1).days.total == 0
    assert "not_ruled" not in codes(world)


def test_a_sanction_that_nobody_disputed_counts_no_day() -> None:
    """Enforcement that nothing forbids is shown, and counted for nobody."""
    trail = one_node().trail(S1)
    assert trail.days.total == 0
    assert trail.enforced == ((day("03-09"), day("04-30")),)


def test_release_without_a_wrong_counts_only_what_came_after_it() -> None:
    """A wrong put right does not make the days before it wrongful."""
    mended = fact(
        RecordMended, record=R1, evidence="b" * 64, accepted_by=REVIEWER, mended_on=day("03-20")
    )
    world = one_node().at(
        "xiamen", "03-20", mended, lifted(S1, "record_mended", "03-20"), by=REVIEWER
    )
    assert world.report("xiamen", "03-24", S1, "lifted").trail(S1).days.total == 3
    assert shares(world.trail(S1)) == {f"enforcer {PROCURER}": 3}


def test_an_approved_repair_forbids_enforcement_as_well() -> None:
    """After it the enforcer bears."""
    asked = fact(
        RepairRequested, repair=uid(61), record=R1, requested_on=day("03-15"), due_on=day("03-25")
    )
    approved = fact(
        RepairDecided,
        repair=uid(61),
        outcome="approved",
        reviewer=REVIEWER,
        decided_on=day("03-20"),
    )
    world = one_node().at("xiamen", "03-15", asked, by=REGISTRAR)
    world.at("xiamen", "03-20", approved, lifted(S1, "repaired", "03-20"), by=REVIEWER)
    world.report("xiamen", "03-24", S1, "lifted")
    assert shares(world.trail(S1)) == {f"enforcer {PROCURER}": 3}


# -- spells --------------------------------------------------------------------------------


def two_spells() -> World:
    """Objected on 03-12, confirmed and resumed on 03-16, objected anew on 03-23."""
    world = one_node().object("xiamen", "03-12", S1).report("xiamen", "03-14", S1, "suspended")
    world.reject("xiamen", "03-16", S1).report("xiamen", "03-17", S1, "applied")
    world.object("xiamen", "03-23", S1, objection=O2).report("xiamen", "03-25", S1, "suspended")
    return world.withdraw("xiamen", "04-24", S1).rule("xiamen", "04-24", S1, R1)


def test_a_resumption_closes_the_spell_and_a_new_act_opens_another() -> None:
    """Each spell has its own day of the act; the suspended days between count for nobody."""
    trail = two_spells().trail(S1)
    assert trail.enforced == ((day("03-09"), day("03-14")), (day("03-17"), day("03-25")))
    assert shares(trail) == {f"supplier {SUPPLIER}": 4 + 7, f"enforcer {PROCURER}": 1 + 1}
    assert spans(trail, "enforcer") == [("03-13", "03-14"), ("03-24", "03-25")]
    assert [each.closed_on for each in trail.spells] == [day("03-16"), None]


def test_after_a_resumption_enforcement_is_presumed_again() -> None:
    """Without a report it counts from the day of the resumption."""
    world = one_node().object("xiamen", "03-12", S1).report("xiamen", "03-12", S1, "suspended")
    world.reject("xiamen", "03-16", S1).object("xiamen", "03-20", S1, objection=O2)
    world.report("xiamen", "03-20", S1, "suspended").withdraw("xiamen", "03-24", S1)
    trail = world.rule("xiamen", "03-24", S1, R1).trail(S1)
    assert trail.enforced == ((day("03-09"), day("03-12")), (day("03-16"), day("03-20")))
    assert shares(trail) == {f"supplier {SUPPLIER}": 7}


def test_an_enforcer_that_never_stopped_bears_the_spell_but_not_what_lies_between() -> None:
    """From the resumption until the next act the days are the supplier's again."""
    world = one_node().object("xiamen", "03-12", S1).reject("xiamen", "03-16", S1)
    world.object("xiamen", "03-20", S1, objection=O2).report("xiamen", "03-22", S1, "suspended")
    trail = world.withdraw("xiamen", "03-24", S1).rule("xiamen", "03-24", S1, R1).trail(S1)
    assert spans(trail, "supplier") == [("03-09", "03-13"), ("03-16", "03-21")]
    assert spans(trail, "enforcer") == [("03-13", "03-16"), ("03-21", "03-22")]


def spells_of_two_nodes() -> World:
    world = two_nodes().object("xiamen", "03-16")
    told: dict[str, Any] = {"objection": O1, "filed_on": day("03-16")}
    world.receive("zhangzhou", "03-18", N2, "objection", ObjectionFiled, **told)
    world.at("zhangzhou", "03-18", suspended(S2, N2, "03-18"))
    world.report("zhangzhou", "03-19", S2, "suspended").reject("xiamen", "03-23")
    world.receive("zhangzhou", "03-25", uid(53), "confirmed", ObjectionDecided, objection=O1)
    world.resume("zhangzhou", "03-25", S2).object("xiamen", "03-27", objection=O2)
    told = {"objection": O2, "filed_on": day("03-27")}
    world.receive("zhangzhou", "03-30", uid(54), "objection", ObjectionFiled, **told)
    world.report("zhangzhou", "04-01", S2, "suspended").withdraw("xiamen", "04-20")
    world.receive("zhangzhou", "04-22", uid(55), "withdrawal", RecordWithdrawn, fault=SUPPLIER)
    return world.rule("zhangzhou", "04-23", S2, R1)


@pytest.mark.parametrize("nodes", [(), ("zhangzhou",)])
def test_each_spell_of_another_node_has_its_own_entered_and_told(nodes: tuple[str, ...]) -> None:
    """Two spells, each with days of the supplier, the origin and the enforcer."""
    trail = spells_of_two_nodes().trail(S2, *nodes)
    assert spans(trail, "supplier") == [("03-12", "03-17"), ("03-25", "03-28")]
    assert spans(trail, "node") == [("03-17", "03-19"), ("03-28", "03-31")]
    assert spans(trail, "enforcer") == [("03-31", "04-01")]


def test_an_act_of_which_the_node_had_not_heard_when_it_resumed_opens_the_next_spell() -> None:
    """The origin entered it before the resumption: since then the origin owed the notice."""
    world = two_nodes().object("xiamen", "03-16")
    world.receive("zhangzhou", "03-17", N2, "objection", ObjectionFiled, objection=O1)
    world.reject("xiamen", "03-20").object("xiamen", "03-21", objection=O2)
    world.receive("zhangzhou", "03-24", uid(53), "confirmed", ObjectionDecided, objection=O1)
    world.resume("zhangzhou", "03-24", S2)
    world.receive("zhangzhou", "03-27", uid(54), "objection", ObjectionFiled, objection=O2)
    world.report("zhangzhou", "03-29", S2, "suspended").withdraw("xiamen", "04-01")
    trail = world.rule("zhangzhou", "04-02", S2, R1).trail(S2)
    assert spans(trail, "supplier") == [("03-12", "03-17")]
    assert spans(trail, "node") == [("03-17", "03-18"), ("03-24", "03-28")]
    assert spans(trail, "enforcer") == [("03-18", "03-24"), ("03-28", "03-29")]


def test_an_objection_that_was_over_before_anybody_was_told_of_it_is_a_spell_of_its_own() -> None:
    """The origin owed the notice only while the objection was open."""
    world = two_nodes().object("xiamen", "03-16").reject("xiamen", "03-19")
    world.object("xiamen", "03-25", objection=O2)
    world.receive("zhangzhou", "03-27", uid(54), "objection", ObjectionFiled, objection=O2)
    world.report("zhangzhou", "03-27", S2, "suspended").withdraw("xiamen", "04-01")
    trail = world.rule("zhangzhou", "04-02", S2, R1).trail(S2)
    assert spans(trail, "supplier") == [("03-12", "03-17"), ("03-19", "03-26")]
    assert spans(trail, "node") == [("03-17", "03-19"), ("03-26", "03-27")]


@pytest.mark.parametrize("node", ["xiamen", "zhangzhou"])
def test_an_objection_that_was_over_when_the_sanction_was_imposed_is_no_spell(node: str) -> None:
    """It forbids nothing that came after it; the next one does."""
    world = World().collect("xiamen", "03-02").disclose("xiamen", "zhangzhou", "03-02")
    world.object("xiamen", "03-04", objection=O1).reject("xiamen", "03-06")
    world.impose(node, "03-09", S1).object("xiamen", "03-20", objection=O2)
    if node == "zhangzhou":
        world.receive(node, "03-20", N2, "objection", ObjectionFiled, objection=O2)
    world.report(node, "03-22", S1, "suspended").rule(node, "04-24", S1, R1)
    trail = world.trail(S1)
    assert trail.days.total == 13
    assert spans(trail, "supplier") == [("03-09", "03-21")]
    assert spans(trail, "enforcer") == [("03-21", "03-22")]


def test_an_act_before_the_sanction_of_another_node_was_imposed_is_owed_from_its_start() -> None:
    """The record was disputed when it was relied on: nobody had said so."""
    world = World().collect("xiamen", "03-02").disclose("xiamen", "zhangzhou", "03-08")
    world.object("xiamen", "03-10").impose("zhangzhou", "03-12", S2)
    world.receive("zhangzhou", "03-15", N2, "objection", ObjectionFiled, objection=O1)
    world.report("zhangzhou", "03-17", S2, "suspended")
    assert shares(world.trail(S2)) == {"node xiamen": 4, f"enforcer {BUILDER}": 1}


def test_an_acknowledgement_alone_tells_when_the_node_was_told() -> None:
    """The notice itself is not at hand: at the latest it came on the day of the answer."""
    world = two_nodes().object("xiamen", "03-20")
    world.notify("xiamen", "03-20", "zhangzhou", N2, "objection")
    world.acknowledge("xiamen", "03-24", "zhangzhou", N2)
    trail = world.report("zhangzhou", "03-26", S2, "suspended").trail(S2)
    expected = {f"supplier {SUPPLIER}": 9, "node xiamen": 4, f"enforcer {BUILDER}": 1}
    assert shares(trail) == expected
    assert "told_by_acknowledgement" in limits(world, S2)


# -- rulings -------------------------------------------------------------------------------


def test_a_ruling_on_a_part_counts_only_that_part() -> None:
    """Days outside ``[wrong_from, wrong_until)`` are enforced and not counted."""
    world = one_node().object("xiamen", "03-20", S1).report("xiamen", "03-23", S1, "suspended")
    world.rule("xiamen", "04-24", S1, R1, wrong_from="03-15", wrong_until="03-22")
    trail = world.trail(S1)
    assert shares(trail) == {f"supplier {SUPPLIER}": 6, f"enforcer {PROCURER}": 1}
    assert trail.enforced == ((day("03-09"), day("03-23")),)


def test_two_rulings_on_parts_that_overlap_count_each_day_once() -> None:
    """Each day lies on the supplier of the record that its ruling names; both: jointly."""
    world = two_records().report("xiamen", "03-20", S1, "suspended")
    world.rule("xiamen", "04-01", S1, R1, wrong_from="03-09", wrong_until="03-14")
    world.rule("xiamen", "04-02", S1, R2, wrong_from="03-12", wrong_until="03-16")
    trail = world.trail(S1)
    assert trail.days.total == 7
    assert shares(trail) == {
        f"supplier {SUPPLIER}": 3,
        f"supplier {SUPPLIER}+{SECOND}": 2,
        f"supplier {SECOND}": 2,
    }


def test_a_reversed_ruling_counts_no_day_until_there_is_another() -> None:
    """What was ruled and reversed is shown open; a new ruling counts again."""
    world = ended().reverse("xiamen", "05-06", S1)
    trail = world.trail(S1, on="05-10")
    assert trail.days.total == 0
    assert "ruling_reversed" in codes(world, on="05-10")
    assert trail.rulings[0].reversed_on == day("05-06")
    world.rule("xiamen", "05-08", S1, R1, wrong_until="03-12")
    assert shares(world.trail(S1, on="05-10")) == {f"supplier {SUPPLIER}": 3}


def test_a_withdrawal_from_a_day_on_counts_from_that_day_where_nobody_ruled() -> None:
    """The record held before it."""
    world = one_node().withdraw("xiamen", "03-20", S1, effective="2026-03-15")
    world.report("xiamen", "03-20", S1, "lifted")
    assert shares(world.trail(S1)) == {f"supplier {SUPPLIER}": 5}


# -- corrections -----------------------------------------------------------------------------


def test_a_correction_that_the_sanction_cannot_survive_forbids_enforcement() -> None:
    """It lifts the sanction in its own transaction; the record was faulty."""
    world = one_node().correct("xiamen", "03-20", S1).report("xiamen", "03-22", S1, "lifted")
    world.rule("xiamen", "04-01", S1)
    assert shares(world.trail(S1)) == {f"supplier {SUPPLIER}": 12, f"enforcer {PROCURER}": 1}


def test_a_correction_that_the_sanction_survives_forbids_nothing() -> None:
    """No spell follows from it."""
    trail = one_node().correct("xiamen", "03-20").trail(S1)
    assert trail.spells == ()
    assert trail.days.total == 0


@pytest.mark.parametrize("nodes", [(), ("zhangzhou",)])
def test_a_correction_told_to_another_node_counts_from_its_entry(nodes: tuple[str, ...]) -> None:
    """The origin owed the notice of it."""
    world = two_nodes().correct("xiamen", "03-20")
    world.receive(
        "zhangzhou",
        "03-24",
        N2,
        "correction",
        RecordCorrected,
        lifted(S2, "record_corrected", "03-24"),
    )
    world.report("zhangzhou", "03-26", S2, "lifted").rule("zhangzhou", "04-01", S2)
    assert shares(world.trail(S2, *nodes)) == {
        f"supplier {SUPPLIER}": 9,
        "node xiamen": 4,
        f"enforcer {BUILDER}": 1,
    }


def test_a_correction_notified_and_never_told_is_owed_by_the_origin() -> None:
    """That the sanction cannot survive it is what the origin's notice says."""
    world = (
        two_nodes()
        .correct("xiamen", "03-20")
        .notify("xiamen", "03-20", "zhangzhou", N2, "correction")
    )
    assert shares(world.trail(S2, on="03-31")) == {f"supplier {SUPPLIER}": 9, "node xiamen": 10}


# -- what the enforcer reports --------------------------------------------------------------


def reported(*reports: tuple[str, str]) -> World:
    world = World().collect("xiamen", "03-02").impose("xiamen", "03-09", S1, report=None)
    for on, state in reports:
        world.report("xiamen", on, S1, state)
    return world


@pytest.mark.parametrize(
    ("reports", "enforced"),
    [
        ((), [("03-09", "04-30")]),
        ([("03-12", "applied")], [("03-12", "04-30")]),
        ([("03-12", "still_enforcing")], [("03-09", "04-30")]),
        ([("03-12", "suspended")], [("03-09", "03-12")]),
        ([("03-09", "suspended")], []),
        ([("03-12", "never_applied")], []),
        ([("03-12", "never_applied"), ("03-15", "applied")], [("03-15", "04-30")]),
        ([("03-12", "never_applied"), ("03-15", "still_enforcing")], [("03-09", "04-30")]),
        (
            [("03-12", "never_applied"), ("03-15", "applied"), ("03-18", "lifted")],
            [("03-15", "03-18")],
        ),
        ([("03-09", "applied"), ("03-15", "never_applied")], [("03-09", "03-15")]),
        (
            [("03-12", "suspended"), ("03-13", "never_applied"), ("03-15", "still_enforcing")],
            [("03-09", "03-12"), ("03-15", "04-30")],
        ),
        (
            [("03-12", "never_applied"), ("03-15", "suspended"), ("03-18", "still_enforcing")],
            [("03-09", "03-15"), ("03-18", "04-30")],
        ),
        ([("03-12", "never_applied"), ("03-15", "lifted")], []),
        (
            [("03-09", "applied"), ("03-12", "suspended"), ("03-15", "still_enforcing")],
            [("03-09", "03-12"), ("03-15", "04-30")],
        ),
        (
            [("03-09", "applied"), ("03-12", "suspended"), ("03-15", "lifted")],
            [("03-09", "03-12")],
        ),
        ([("03-09", "applied"), ("03-12", "applied")], [("03-09", "04-30")]),
    ],
)
def test_the_days_enforced_follow_from_the_reports(
    reports: list[tuple[str, str]], enforced: list[tuple[str, str]]
) -> None:
    """Presumed from the start; later where `applied` says so; until it is reported to stop."""
    found = reported(*reports).trail(S1).enforced
    assert [(a.strftime("%m-%d"), b.strftime("%m-%d")) for a, b in found] == enforced


def test_never_applied_counts_no_day_until_it_is_contradicted() -> None:
    """Ruled wrongful for all of its period, it was enforced on no day, and then on some."""
    world = reported(("03-10", "never_applied")).withdraw("xiamen", "03-20", S1)
    world.rule("xiamen", "03-20", S1, R1)
    assert world.trail(S1).days.total == 0
    world.report("xiamen", "03-25", S1, "still_enforcing").report("xiamen", "03-27", S1, "lifted")
    assert shares(world.trail(S1)) == {f"supplier {SUPPLIER}": 12, f"enforcer {PROCURER}": 6}
    assert "reports_contradict" in limits(world)


def test_the_day_of_a_report_is_that_of_its_entry() -> None:
    """A back-dated report takes no day away; the trail says that it names another day."""
    world = one_node().object("xiamen", "03-20", S1)
    world.report("xiamen", "03-30", S1, "suspended", said="03-20").rule("xiamen", "04-01", S1, R1)
    assert shares(world.trail(S1)) == {f"supplier {SUPPLIER}": 12, f"enforcer {PROCURER}": 9}
    assert "report_names_another_day" in limits(world)


def test_midnight_is_that_of_the_legal_zone() -> None:
    """An entry of 23:30 UTC belongs to the next legal day: days are counted in UTC+8."""
    world = one_node().object("xiamen", "03-20", S1).report("xiamen", "03-23", S1, "suspended")
    world.rule("xiamen", "04-24", S1, R1)
    log = world.logs["xiamen"]
    at = next(i for i, e in enumerate(log) if getattr(e.facts, "state", "") == "suspended")
    late = datetime(2026, 3, 22, 16, 0, tzinfo=UTC)
    log[at] = replace(log[at], recorded_at=late)
    assert shares(world.trail(S1))[f"enforcer {PROCURER}"] == 2
    log[at] = replace(log[at], recorded_at=late.replace(hour=15, minute=59))
    assert shares(world.trail(S1))[f"enforcer {PROCURER}"] == 1


def test_what_is_missing_is_said() -> None:
    """The sanction's own entries alone: its suspension counts, its supplier is not known."""
    world = ended()
    world.logs["xiamen"] = [
        e for e in world.logs["xiamen"] if getattr(e.facts, "sanction", None) == S1
    ]
    trail = world.trail(S1)
    assert shares(trail) == {"supplier unknown": 11}
    assert {"supplier_not_at_hand", "act_not_at_hand"} <= limits(world)
