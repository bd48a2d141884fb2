"""The part of the demo that plays the case day by day, on three nodes, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts import _demo_case as case
from scripts._demo_region import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts._demo_stage import Stage

OTHERS = ("zhangzhou", "quanzhou")


def until_mid_march(stage: Stage, supplier: str) -> None:
    """The record, S1, and the two bundles; S2 and S3, which rest on them."""
    stage.heading("collected")
    stage.tell("collected_why")
    _apply(stage, "xiamen", "03-09", case.collected(supplier))
    stage.heading("disclosed")
    stage.tell("disclosed_why")
    for other in OTHERS:
        stage.ledger(
            "exchange", "send", "--home", "xiamen", "--to", other, "--record", "@R1",
            *labels("xiamen"), "--operator", "op-7", "--purpose", "联合惩戒",
            "--basis", "示例法第三条", "--at", case.at("03-10"), "-o", f"bundle-{other}.json",
        )  # fmt: skip
        _push(stage, "xiamen", other, "03-10")
    stage.heading("imposed")
    stage.tell("imposed_why")
    _apply(stage, "zhangzhou", "03-12", case.imposed("zhangzhou", "03-12", "limit_bidding"))
    funds = case.imposed("quanzhou", "03-16", "limit_fiscal_funds")
    _apply(stage, "quanzhou", "03-16", funds)


def objection(stage: Stage) -> None:
    """20 to 30 March: the objection travels, late, and one enforcer goes on."""
    stage.heading("objected")
    stage.tell("objected_why")
    _apply(stage, "xiamen", "03-20", case.objected())
    stage.heading("fetched")
    stage.tell("fetched_why")
    _pull(stage, "zhangzhou", "xiamen", "03-23", "suspended")
    _apply(stage, "zhangzhou", "03-23", [case.reported("zhangzhou", "03-23", "suspended")])
    _push(stage, "zhangzhou", "xiamen", "03-23")
    stage.heading("went_on")
    stage.tell("went_on_why")
    _pull(stage, "quanzhou", "xiamen", "03-24", "suspended")
    _push(stage, "quanzhou", "xiamen", "03-24")
    _outstanding(stage, "2026-03-24T12:00:00Z", ["still_enforcing"])
    _apply(stage, "quanzhou", "03-30", [case.reported("quanzhou", "03-30", "suspended")])
    _push(stage, "quanzhou", "xiamen", "03-30")


def withdrawal(stage: Stage, supplier: str) -> None:
    """24 to 27 April: the withdrawal travels, and the loop closes."""
    stage.heading("withdrawn")
    stage.tell("withdrawn_why")
    _apply(stage, "xiamen", "04-24", case.withdrawn(supplier))
    _outstanding(stage, "2026-04-25T12:00:00Z", ["waiting", "waiting"])
    stage.heading("corrected")
    stage.tell("corrected_why")
    for other in OTHERS:
        _push(stage, "xiamen", other, "04-27", "lifted")
        lines = [case.reported(other, "04-27", "lifted"), case.ruled(other, "04-27")]
        _apply(stage, other, "04-27", lines)
        _push(stage, other, "xiamen", "04-27")
    _outstanding(stage, "2026-04-27T12:00:00Z", [])


def _apply(stage: Stage, node: str, day: str, lines: list[case.Command]) -> None:
    file = f"{node}-{day}.jsonl"
    case.write_lines(stage.folder / file, lines)
    stage.ledger("apply", file, "--home", node, *labels(node))


def _push(stage: Stage, sender: str, to: str, day: str, effect: str | None = None) -> None:
    """Bring all that is owed; every message is taken in, and what it did is printed."""
    told = _travel(stage, "push", sender, to, day)
    print("\n".join(_said(sender, to, told["sent"]) + _said(to, sender, told["received"])))
    _expect(stage, told, told["sent"], effect)


def _pull(stage: Stage, node: str, peer: str, day: str, effect: str | None = None) -> None:
    """Fetch all that the peer owes."""
    told = _travel(stage, "pull", node, peer, day)
    print("\n".join(_said(peer, node, told["received"]) + _said(node, peer, told["sent"])))
    _expect(stage, told, told["received"], effect)


def _travel(stage: Stage, how: str, node: str, peer: str, day: str) -> Any:
    return stage.ledger_json(
        "exchange", how, "--home", node, "--peer", stage.urls[peer], *labels(node),
        "--operator", "op-7", "--at", case.at(day),
    )  # fmt: skip


def _said(sender: str, to: str, messages: Sequence[Any]) -> list[str]:
    lines = []
    for one in messages:
        did = "".join(f", {each['effect']} {each['sanction']}" for each in one["effects"])
        arrow = f"    {sender} -> {to}"
        lines.append(f"{arrow}: {one['kind']} {one['digest'][:12]}: {one['verdict']}{did}")
    return lines


def _expect(stage: Stage, told: Any, judged: Sequence[Any], effect: str | None) -> None:
    verdicts = {one["verdict"] for one in (*told["sent"], *told["received"])}
    stage.expect(verdicts == {"accepted"}, f"{sorted(verdicts)}")
    effects = [each["effect"] for one in judged for each in one["effects"]]
    stage.expect(effects == ([] if effect is None else [effect]), f"{effects}")


def _outstanding(stage: Stage, known_at: str, states: list[str]) -> None:
    """What Xiamen still waits for."""
    command = ("exchange", "outstanding", "--home", "xiamen", "--known-at", known_at)
    found = stage.ledger_json(*command)
    for one in found:
        words = (one["recipient"], one["act"], one["required"], one["due_on"], one["state"])
        print("    " + "  ".join(words))
    if not found:
        stage.tell("none_open")
    stage.expect([one["state"] for one in found] == states, f"{found}")
