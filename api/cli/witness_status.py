"""``witness status``: what it gathers, as JSON and as tables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.cli.common import add_row, console, language, table, tell
from api.cli.files import write_output
from api.cli.keys import OutputUnwritable
from api.cli.words import say
from ledger.entry import format_instant
from ledger.log.cosigned import latest_meeting, newest_first
from ledger.log.forks import Fork, forks
from ledger.log.policy import PolicyWitness
from ledger.log.verifier_key import VerifierKey
from ledger.log.witness import witnessed
from ledger.node import Node


def status_of(node: Node) -> dict[str, Any]:
    """What ``--json`` prints."""
    witnessing = node.witnessing
    cosigning = witnessing.cosigning()
    policy = cosigning.policy
    newest = cosigning.newest()
    standing = None if newest is None else cosigning.standing(newest)
    met = latest_meeting(node.store, node.keeper.origin, policy)
    return {
        "origin": node.keeper.origin,
        "witness_vkey": None if witnessing.key is None else witnessing.witness().verifier.vkey,
        "size": None if newest is None else newest.checkpoint.size,
        "witnessed": standing is not None and standing.meets(policy),
        "witnessed_size": None if met is None else met.size,
        "quorum": policy.quorum,
        "witnesses": [_witness(node, each) for each in policy.witnesses],
        "watched": [_watched(node, *each) for each in sorted(witnessing.watched().items())],
        "forks": [_fork(each) for each in forks(node.store)],
    }


def _witness(node: Node, one: PolicyWitness) -> dict[str, Any]:
    last = next(newest_first(node.store, node.keeper.origin, (one.key,)), None)
    seconds = None if last is None else max(each.posix_seconds or 0 for each in last.cosignatures)
    return {
        "name": one.name,
        "vkey": one.key.vkey,
        "url": one.url,
        "size": None if last is None else last.size,
        "at": _instant(seconds),
    }


def _watched(node: Node, origin: str, keys: tuple[VerifierKey, ...]) -> dict[str, Any]:
    last = witnessed(node.store, origin)
    return {
        "origin": origin,
        "vkeys": [key.vkey for key in keys],
        "size": None if last is None else last.checkpoint.size,
    }


def _fork(fork: Fork) -> dict[str, Any]:
    first, other = fork.first.checkpoint, fork.other.checkpoint
    return {
        "origin": fork.origin,
        "first": {"size": first.size, "root": first.root.hex()},
        "other": {"size": other.size, "root": other.root.hex()},
    }


def _instant(seconds: int | None) -> str | None:
    return None if seconds is None else format_instant(datetime.fromtimestamp(seconds, UTC))


def write_evidence(node: Node, folder: Path) -> None:
    """``fork-N-first`` and ``fork-N-other`` for every fork; see ``ledger.log.forks``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputUnwritable(path=folder, reason=error.strerror) from error
    for number, fork in enumerate(forks(node.store), 1):
        for name, data in zip(("first", "other"), fork.to_files(), strict=True):
            write_output(folder / f"fork-{number}-{name}", data)


def tell_status(found: dict[str, Any]) -> None:
    if found["witness_vkey"] is not None:
        tell("witness_of", vkey=found["witness_vkey"])
    made = table("witnesses", "witness", "size", "at", "address")
    for each in found["witnesses"]:
        add_row(made, each["name"], each["size"] or "", each["at"] or "", each["url"] or "")
    console().print(made)
    made = table("watched_logs", "log", "size")
    for each in found["watched"]:
        add_row(made, each["origin"], "" if each["size"] is None else each["size"])
    console().print(made)
    if found["size"] is not None:
        names = _names(found)
        word = "witnessed" if found["witnessed"] else "unwitnessed"
        tell(word, size=found["size"], witnesses=names)
    for origin in sorted({each["origin"] for each in found["forks"]}):
        count = sum(each["origin"] == origin for each in found["forks"])
        tell("forked", origin=origin, count=count)


def _names(found: dict[str, Any]) -> str:
    return (
        ", ".join(each["name"] for each in found["witnesses"] if each["size"] == found["size"])
        or _nobody()
    )


def _nobody() -> str:
    return say(language(), "nobody")
