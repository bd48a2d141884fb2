"""Asking witnesses, as the command line does it, and what it says of their answers."""

from __future__ import annotations

from datetime import datetime

from api.cli.common import language, note, tell, witness_names
from ledger.errors import Refusal, UnusableInput
from ledger.log.cosigned import Cosigned
from ledger.log.cosigning import Asked
from ledger.log.policy import Policy, PolicyWitness
from ledger.log.witness_protocol import AddCheckpoint
from ledger.node import Node


class NoPolicy(Refusal):
    code = "no_witness_policy"
    en = "this node has no witness to ask; install a policy with `witness policy FILE`"
    zh_cn = "本节点没有可请求的见证方；请用 `witness policy FILE` 安装策略"
    zh_tw = "本節點沒有可請求的見證方；請用 `witness policy FILE` 安裝策略"


class WitnessUnknown(UnusableInput):
    code = "witness_unknown"
    en = "the policy does not tell which witness {name} is; give --witness NAME of the policy"
    zh_cn = "策略未说明 {name} 是哪个见证方；请用 --witness 给出策略中的名称"
    zh_tw = "策略未說明 {name} 是哪個見證方；請用 --witness 給出策略中的名稱"


def chosen(node: Node, name: str | None, url: str | None) -> tuple[PolicyWitness, ...] | None:
    """The witnesses that options name; None for all of the policy."""
    every = node.witnessing.policy.witnesses
    if not every:
        raise NoPolicy
    if name is not None:
        found = [each for each in every if each.name == name]
        if not found:
            raise WitnessUnknown(name=name)
    elif url is not None:
        # One that the policy has no address of, where it is the only one such.
        found = [each for each in every if each.url == url]
        found = found or [each for each in every if each.url is None] or list(every)
        if len(found) != 1:
            raise WitnessUnknown(name=url)
    else:
        return None
    (one,) = found
    return (one if url is None else PolicyWitness(one.name, one.key, url),)


def asked_by_file(node: Node, name: str | None, old: int | None) -> AddCheckpoint:
    """The request for the newest checkpoint, from what the witness is known to have cosigned."""
    cosigning = node.witnessing.cosigning()
    newest = cosigning.newest()
    assert newest is not None, "it was signed just now"
    if old is None:
        asked = cosigning.policy.witnesses if name is None else chosen(node, name, None) or ()
        old = min(map(cosigning.last_size, asked), default=0)
    return cosigning.request(newest, old)


def asked_over_http(
    node: Node, witnesses: tuple[PolicyWitness, ...] | None, at: datetime | None
) -> Asked:
    """Those named are asked also where they have cosigned already: for a newer time."""
    asked = node.witnessing.ask(at, witnesses=witnesses, again=witnesses is not None)
    assert asked is not None, "there is a policy, and a checkpoint"
    return asked


def tell_outcomes(asked: Asked) -> None:
    """What went wrong with each witness, on standard error."""
    for outcome in asked.outcomes:
        if outcome.why is not None:
            why = outcome.why.message(language())
            note("outcome", witness=outcome.witness.name, why=why)


def tell_standing(found: Cosigned, policy: Policy) -> None:
    """Whether the checkpoint is cosigned as the policy asks."""
    is_met = found.meets(policy)
    tell(
        "witnessed" if is_met else "unwitnessed",
        size=found.size,
        witnesses=witness_names(found, policy),
    )
