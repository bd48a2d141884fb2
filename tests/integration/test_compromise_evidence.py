"""A witness dates a log: what a compromise of the log's key leaves untouched."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from ledger.codec import decode
from ledger.events.governance import KeyCompromised
from ledger.log.checkpoint import SignedCheckpoint
from tests.integration.driving import Ended, Founded, call
from tests.integration.material import (
    BUYER,
    FIRM,
    FOUNDED_AT,
    OFFICER,
    OTHER_FIRM,
    SUPPLIER,
    at,
    by,
    collect,
    firm,
)
from tests.integration.test_keys import current
from tests.integration.test_keys_and_checkpoints import verdict

NOTICE = {"command": "serve_notice", "by": by(SUPPLIER), "channel": "letter"}
SANCTION = {
    "command": "impose_sanction", "by": by(BUYER), "measure": "limit_procurement",
    "initiator": BUYER, "enforcer": BUYER, "legal_basis": "《示例法》第二条",
    "ends_on": "2027-02-27",
}  # fmt: skip
SINCE = at("03-20")
"""From when on the key may have been another's, between the two cosignatures."""


@dataclass(frozen=True)
class Pair:
    """A log, and another node that witnesses it by file."""

    log: Founded
    witness: Founded
    folder: Path

    def done(self, *arguments: str | Path) -> Ended:
        ended = self.log.call(*arguments)
        assert ended.code == 0, ended.err
        return ended

    def watched(self) -> None:
        """What an operator does on both sides; after a rotation again."""
        vkey = self.done("checkpoint", "--vkey").out.strip()
        origin = vkey.partition("+")[0]
        done = self.witness.call("witness", "watch", "--origin", origin, "--vkey", vkey)
        assert done.code == 0, done.err

    def named(self, *witnesses: Founded, quorum: str = "quorum w0") -> None:
        """The policy of the log's home."""
        keys = [each.call("witness", "status", "--vkey").out.strip() for each in witnesses]
        lines = [f"witness w{number} {key}" for number, key in enumerate(keys)]
        path = self.folder / "policy"
        path.write_text("\n".join([*lines, quorum, ""]))
        self.done("witness", "policy", path)

    def cosigned(self, seen: str, taken: str) -> int:
        """The witness cosigns at ``seen``; the size, from which its word counts."""
        request, answer = self.folder / "request", self.folder / "answer"
        answer.unlink(missing_ok=True)
        self.done("witness", "request", "-o", request, "--at", seen)
        done = self.witness.call("witness", "cosign", request, "-o", answer, "--at", seen)
        assert done.code == 0, done.err
        self.done("witness", "take", answer, "--at", taken)
        return SignedCheckpoint.parse(answer.read_bytes()).checkpoint.size

    def declared(self, when: str = at("04-02"), since: str = SINCE) -> KeyCompromised:
        """What the log says of the first key, which was rotated and is now declared."""
        old = current(self.log)
        self.done("key", "rotate", "--at", at("04-01"))
        self.done("key", "compromised", old, "--since", since, "--at", when)
        with self.log.opened() as node:
            rows = [row for row in node.store.scan() if row.topic == KeyCompromised.topic()]
            facts = decode(rows[-1]).facts
        assert isinstance(facts, KeyCompromised)
        return facts

    def states(self, of: str, *options: str) -> tuple[str, str]:
        asked = self.done("history", of, "--json", *OFFICER, *options).json
        (record,), (sanction,) = asked["records"], asked["sanctions"]
        return record["state"], sanction["state"]

    def faults(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.log.call("audit", "--json").json["faults"]
        return found


def sanctioned(number: int, of: str, days: tuple[str, str, str]) -> list[dict[str, Any]]:
    first, second, third = days
    record, sanction = f"R{number}", f"S{number}"
    about = {"subject": firm(of, f"厦门示例第{number}有限公司")}
    return [
        collect(number, **about) | {"as": record, "at": at(first)},
        NOTICE | {"record": f"@{record}", "served_on": f"2026-{second}", "at": at(second)},
        SANCTION | {"as": sanction, "records": [f"@{record}"], "starts_on": f"2026-{third}",
                    "at": at(third)},
    ]  # fmt: skip


@pytest.fixture
def pair(simulated: Founded, tmp_path: Path) -> Pair:
    """Cosigned on 03-15; a record and a sanction before that, and one of each after it."""
    done = call("init", "--home", tmp_path / "witness", "--node", "quanzhou",
                "--simulated-clock", "--at", FOUNDED_AT)  # fmt: skip
    assert done.code == 0, done.err
    made = Pair(simulated, Founded(tmp_path / "witness", "quanzhou"), tmp_path)
    made.watched()
    made.named(made.witness)
    return made


def applied(pair: Pair, lines: list[dict[str, Any]]) -> None:
    done = pair.log.apply(pair.folder, lines)
    assert done.code == 0, done.out


def witnessed_twice(pair: Pair) -> tuple[int, int]:
    applied(pair, sanctioned(1, FIRM, ("03-02", "03-03", "03-09")))
    first = pair.cosigned(at("03-15"), at("03-16"))
    applied(pair, sanctioned(2, OTHER_FIRM, ("03-17", "03-18", "03-24")))
    return first, pair.cosigned(at("03-25"), at("03-26"))


def test_what_a_witness_saw_before_keeps_its_effect(pair: Pair) -> None:
    """What came before the cosignature stays adverse; what came after it is in doubt, though the
    key itself dates it before the compromise."""
    first, second = witnessed_twice(pair)
    facts = pair.declared()
    assert facts.covered == first < second
    with pair.log.opened() as node:
        notes = node.store.notes("cosignature", node.keeper.origin, size=first)
    assert facts.evidence in {sha256(note.body).hexdigest() for note in notes}
    assert pair.states(FIRM, "--valid-at", "2026-04-03") == ("valid", "in_force")
    assert pair.states(OTHER_FIRM, "--valid-at", "2026-04-03") == ("disputed", "suspended")
    assert pair.faults() == []


def test_the_declaration_may_come_with_the_rotation(pair: Pair) -> None:
    """``key rotate --compromised-since`` rests on the same evidence."""
    first, _ = witnessed_twice(pair)
    pair.done("key", "rotate", "--compromised-since", SINCE, "--at", at("04-01"))
    with pair.log.opened() as node:
        (declared,) = node.registry().compromises
    assert declared.covered == first
    assert pair.faults() == []


def test_evidence_found_later_gives_back_what_it_covers(pair: Pair) -> None:
    """Declared without a policy nothing is covered; declared again with one, the first part is."""
    first, _ = witnessed_twice(pair)
    policy = pair.log.home / "witness-policy.txt"
    kept = policy.read_bytes()
    policy.unlink()
    facts = pair.declared()
    assert (facts.covered, facts.evidence) == (None, None)
    asked = ("--valid-at", "2026-04-05")
    assert pair.states(FIRM, *asked) == ("disputed", "suspended")
    policy.write_bytes(kept)
    old = facts.keyid
    pair.done("key", "compromised", old, "--since", SINCE, "--at", at("04-04"))
    with pair.log.opened() as node:
        assert node.registry().compromises_known().by_key[old].covered == first
    assert pair.states(FIRM, *asked) == ("valid", "in_force")
    assert pair.states(OTHER_FIRM, *asked) == ("disputed", "suspended")
    assert pair.faults() == []


def test_nobody_is_a_witness_of_his_own(pair: Pair) -> None:
    """Also under a witness key that the node had once, and whoever wrote the policy."""
    applied(pair, sanctioned(1, FIRM, ("03-02", "03-03", "03-09")))
    path = pair.log.home / "witness-policy.txt"
    own = pair.done("witness", "status", "--vkey").out.strip()
    path.write_text(f"witness own {own}\nquorum none\n")
    log = pair.done("checkpoint", "--vkey").out.strip()
    pair.done("witness", "watch", "--origin", log.partition("+")[0], "--vkey", log)
    request, answer = pair.folder / "request", pair.folder / "answer"
    pair.done("witness", "request", "-o", request, "--at", at("03-15"))
    pair.done("witness", "cosign", request, "-o", answer, "--at", at("03-15"))
    pair.done("witness", "take", answer, "--at", at("03-16"))
    pair.done("key", "rotate", "--witness", "--at", at("03-28"))
    assert pair.declared().covered is None
    assert pair.states(FIRM, "--valid-at", "2026-04-03") == ("disputed", "suspended")


def test_an_audit_looks_for_the_evidence(pair: Pair) -> None:
    """A declaration whose note is gone, or whose witness nobody names, has a fault."""
    witnessed_twice(pair)
    facts = pair.declared()
    policy = pair.log.home / "witness-policy.txt"
    kept = policy.read_bytes()
    policy.write_text("quorum none\n")
    (fault,) = pair.faults()
    assert (fault["kind"], "no witness" in fault["detail"]) == ("bad_evidence", True)
    policy.write_bytes(kept)
    with pair.log.opened() as node:
        (index,) = (row.index for row in node.store.scan() if row.topic == facts.topic())
        store = node.home.store_url(node.settings)
    assert fault["index"] == index
    without(store, pair.log.name, facts.evidence or "")
    (fault,) = pair.faults()
    assert (fault["index"], fault["kind"]) == (index, "bad_evidence")
    assert "is kept" in fault["detail"]


def without(store: str, schema: str, digest: str) -> None:
    """A note is deleted, as whoever owns the database can."""
    if store.startswith("postgres"):
        with psycopg.connect(store) as postgres:
            postgres.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
            postgres.execute("ALTER TABLE notes DISABLE TRIGGER USER")
            gone = postgres.execute("DELETE FROM notes WHERE digest = %s", (digest,)).rowcount
    else:
        with closing(sqlite3.connect(store.removeprefix("sqlite://"))) as file, file:
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for (name,) in file.execute(triggers).fetchall():
                file.execute(f'DROP TRIGGER "{name}"')
            gone = file.execute("DELETE FROM notes WHERE digest = ?", (digest,)).rowcount
    assert gone == 1


def test_a_proof_is_made_with_the_checkpoint_that_others_dated(pair: Pair) -> None:
    """Of what was covered ``prove`` gives a proof that is VALID_HISTORICAL; of what was not, one
    that leaves it open; what the new key signs is VALID once it is cosigned."""
    first, second = witnessed_twice(pair)
    handed = pair.folder / "handed"
    pair.done("checkpoint", "-o", handed)
    pair.declared()
    pair.watched()
    pair.cosigned(at("04-03"), at("04-04"))
    trust = pair.folder / "trust"
    pair.done("trust", "export", "-o", trust)

    def proved(index: int) -> tuple[str, str]:
        proof, entry = pair.folder / f"{index}.tlog-proof", pair.folder / f"{index}.json"
        pair.done("prove", str(index), "-o", proof, "--entry", entry)
        return verdict(trust, proof, "--entry", entry)

    dated = ("VALID_HISTORICAL", "dated_before_compromise")
    assert [proved(index) for index in (0, first - 1)] == [dated, dated]
    assert proved(first) == proved(second - 1) == ("INDETERMINATE", "compromised_undated")
    assert proved(pair.log.tree_size() - 1) == ("VALID", "verified")
    assert verdict(trust, handed) == ("INDETERMINATE", "compromised_undated")
