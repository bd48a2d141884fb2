"""The worked case of three cities: the table of days, from everywhere it can be asked."""

from __future__ import annotations

import json

import pytest

from projections.liability.answer import to_json
from projections.liability.views import SanctionNotHeld, sanctions_in
from tests.unit.projections.liability.building import (
    BUILDER,
    FUNDER,
    PROCURER,
    R1,
    S1,
    S2,
    S3,
    SUPPLIER,
    shares,
    spans,
    uid,
    worked_case,
)

TABLE = {
    S1: {f"supplier {SUPPLIER}": 11},
    S2: {f"supplier {SUPPLIER}": 9, "node xiamen": 2},
    S3: {f"supplier {SUPPLIER}": 5, "node xiamen": 4, f"enforcer {FUNDER}": 5},
}


def test_the_whole_table_of_three_nodes_together() -> None:
    """The deciding node, with its partners' entries, shows each sanction's shares: 36 days."""
    world = worked_case()
    trails = {key: world.trail(key) for key in sanctions_in(world.views(), R1)}
    assert {key: shares(each) for key, each in trails.items()} == TABLE
    assert {key: each.days.total for key, each in trails.items()} == {S1: 11, S2: 11, S3: 14}
    assert sum(each.days.total for each in trails.values()) == 36


def test_the_days_themselves() -> None:
    """Spans are half-open and name the very days of the table."""
    world = worked_case()
    assert spans(world.trail(S1), "supplier") == [("03-09", "03-20")]
    assert spans(world.trail(S2), "supplier") == [("03-12", "03-21")]
    assert spans(world.trail(S2), "node") == [("03-21", "03-23")]
    assert spans(world.trail(S3), "supplier") == [("03-16", "03-21")]
    assert spans(world.trail(S3), "node") == [("03-21", "03-25")]
    assert spans(world.trail(S3), "enforcer") == [("03-25", "03-30")]


@pytest.mark.parametrize(
    ("node", "sanction"), [("xiamen", S1), ("zhangzhou", S2), ("quanzhou", S3)]
)
def test_each_node_alone_shows_its_own_row(node: str, sanction: str) -> None:
    """A node that has only its own entries knows from the notice when the origin decided."""
    assert shares(worked_case().trail(sanction, node)) == TABLE[sanction]


def test_only_the_entries_of_the_sanction_attached_at_the_origin() -> None:
    """The origin needs no more than the partner's entries on the sanction, without its notices."""
    world = worked_case()
    world.logs["quanzhou"] = [
        entry for entry in world.logs["quanzhou"] if getattr(entry.facts, "sanction", None) == S3
    ]
    assert shares(world.trail(S3)) == TABLE[S3]


def test_a_node_knows_only_the_sanctions_it_has() -> None:
    """A sanction that no entry at hand imposes is an error with its id."""
    world = worked_case()
    assert sanctions_in(world.views("zhangzhou")) == (S2,)
    with pytest.raises(SanctionNotHeld, match=S3):
        world.trail(S3, "zhangzhou", "xiamen")
    with pytest.raises(SanctionNotHeld):
        world.trail(uid(99))


def test_the_answer_stands_beside_the_table() -> None:
    """The supplier's answer was due on 20 April and came four working days late."""
    answer = worked_case().trail(S3).answer
    assert (str(answer.due_on), str(answer.answered_on)) == ("2026-04-20", "2026-04-24")
    assert answer.overdue_working_days == 4


def test_as_known_before_the_withdrawal() -> None:
    """While the objection stands and nobody ruled, the whole sanction counts, marked open."""
    trail = worked_case().known("03-28").trail(S3, on="03-28")
    assert shares(trail) == {
        f"supplier {SUPPLIER}": 5,
        "node xiamen": 4,
        f"enforcer {FUNDER}": 3,
    }
    assert {each.code for each in trail.open} >= {"not_ruled", "still_enforcing", "disputed"}
    (still,) = (each for each in trail.open if each.code == "still_enforcing")
    assert still.party == FUNDER


def test_unacknowledged_corrections_are_open_until_they_are_acknowledged() -> None:
    """On 25 April both recipients of the withdrawal are open, after the 27th none is."""
    world = worked_case()

    def waiting(on: str) -> set[str | None]:
        found = [world.known(on).trail(key, on=on) for key in (S2, S3)]
        return {o.party for t in found for o in t.open if o.code == "not_acknowledged"}

    assert waiting("04-25") == {"zhangzhou", "quanzhou"}
    assert waiting("04-28") == set()


def test_everybody_is_in_the_graph() -> None:
    """From the sanction one reaches its records, submission, supplier, staff, nodes, notices."""
    trail = worked_case().trail(S2)
    kinds = {vertex.kind for vertex in trail.vertices}
    assert kinds == {
        "sanction",
        "record",
        "submission",
        "supplier",
        "operator",
        "approver",
        "node",
        "enforcer",
        "initiator",
        "notice",
        "acknowledgement",
        "registrar",
        "reviewer",
    }
    ids = {vertex.id for vertex in trail.vertices}
    assert {"node:xiamen", "node:zhangzhou", f"enforcer:{BUILDER}"} <= ids
    assert "node:quanzhou" not in ids
    edges = {(e.source.split(":")[0], e.kind, e.target.split(":")[0]) for e in trail.edges}
    assert {
        ("sanction", "rests_on", "record"),
        ("supplier", "supplied", "record"),
        ("supplier", "submitted", "submission"),
        ("submission", "contains", "record"),
        ("operator", "entered", "record"),
        ("approver", "approved", "sanction"),
        ("initiator", "initiated", "sanction"),
        ("enforcer", "enforces", "sanction"),
        ("enforcer", "reported", "sanction"),
        ("node", "disclosed", "node"),
        ("node", "notified", "notice"),
        ("notice", "suspended", "sanction"),
        ("notice", "lifted", "sanction"),
        ("node", "acknowledged", "acknowledgement"),
        ("reviewer", "ruled", "sanction"),
        ("supplier", "withdrew", "record"),
    } <= edges
    assert all(e.source in ids and e.target in ids for e in trail.edges)
    assert all(0 <= at < len(trail.steps) for v in trail.vertices for at in v.steps)
    reached, fresh = {f"sanction:{S2}"}, {f"sanction:{S2}"}
    while fresh:
        near = {e.target for e in trail.edges if e.source in fresh}
        near |= {e.source for e in trail.edges if e.target in fresh}
        fresh = near - reached
        reached |= fresh
    assert reached == ids


def test_what_each_party_knew_and_when() -> None:
    """The enforcer of S2 was told on the 23rd, xiamen decided on the 20th, not before."""
    known = worked_case().trail(S2).knowledge
    first: dict[tuple[str, str], str] = {}
    for each in known:
        first.setdefault((each.party, each.what), each.on.strftime("%m-%d"))
    assert first["xiamen", "objection_filed"] == "03-20"
    assert first[SUPPLIER, "objection_filed"] == "03-20"
    assert first["zhangzhou", "objection_filed"] == "03-23"
    assert first[BUILDER, "objection_filed"] == "03-23"
    assert first["xiamen", "correction_acknowledged"] == "03-23"
    assert first["zhangzhou", "record_withdrawn"] == "04-27"
    assert first["subject", "notice_served"] == "03-02"
    assert [each.on for each in known] == sorted(each.on for each in known)
    assert (PROCURER, "objection_filed") not in first


def test_the_steps_are_the_entries_of_this_sanction_in_order_of_time() -> None:
    """Neither another sanction's entries nor another recipient's notices are among them."""
    trail = worked_case().trail(S2)
    assert {step.node for step in trail.steps} == {"xiamen", "zhangzhou"}
    named = {key for step in trail.steps for key in step.about}
    assert S2 in named
    assert not {S1, S3} & named
    assert [s.recorded_at for s in trail.steps] == sorted(s.recorded_at for s in trail.steps)
    assert all(step.actor and step.operator for step in trail.steps)


def test_json_has_the_members_that_others_rely_on() -> None:
    """The JSON says the table in its settled form, and can be written as JSON."""
    made = to_json(worked_case().trail(S3))
    assert json.loads(json.dumps(made)) == made
    assert made["sanction"] == S3
    assert made["days"] == {
        "total": 14,
        "parties": [
            {
                "party": SUPPLIER,
                "role": "supplier",
                "days": 5,
                "spans": [["2026-03-16", "2026-03-21"]],
            },
            {"party": "xiamen", "role": "node", "days": 4, "spans": [["2026-03-21", "2026-03-25"]]},
            {
                "party": FUNDER,
                "role": "enforcer",
                "days": 5,
                "spans": [["2026-03-25", "2026-03-30"]],
            },
        ],
    }
    assert made["answer"] == {
        "due_on": "2026-04-20",
        "answered_on": "2026-04-24",
        "overdue_working_days": 4,
        "provisional": False,
    }
    for member in ("trail", "knowledge", "open", "limits"):
        assert isinstance(made[member], list)
        assert made[member]
