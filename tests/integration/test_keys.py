"""The keys of a node: rotated, approved by roots, retired, compromised; stopped at any point."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ledger.commands.governance_commands import GrantRole
from ledger.entry import Actor
from ledger.home import Home
from ledger.orders import Order
from ledger.reading import KeyReplaced
from ledger.signing import base64text
from tests.integration.conftest import found
from tests.integration.driving import PATIENCE, ROOT, Founded, acts, call, environment, program
from tests.integration.material import (
    BUYER,
    FIRM,
    FOUNDED_AT,
    OFFICER,
    REGISTRAR,
    REVIEWER,
    SUPPLIER,
    admit_all,
    at,
    by,
    collect,
)
from tests.integration.test_apply import NOTICE, SANCTION

KEYS = {"wrap.key", "index.key", "node.key", "node.key.pub", "witness.key", "witness.key.pub"}


def keys(node: Founded) -> list[dict[str, Any]]:
    found_ = node.call("key", "list", "--json")
    assert found_.code == 0, found_.err
    return list(found_.json["keys"])


def current(node: Founded, purpose: str = "entries") -> str:
    (only,) = [k["keyid"] for k in keys(node) if k["in_use"] and purpose in k["purposes"]]
    return str(only)


def sound(node: Founded) -> None:
    """The log has no fault, and the node writes on."""
    told = node.call("audit", "--json")
    assert told.code == 0, told.out
    before = node.size()
    done = node.call(
        "organisation", "admit", "--id", f"SHILI-{before}", "--name", "示例", "--role", "supplier"
    )
    assert done.code == 0, done.err
    assert node.size() > before
    assert node.call("audit").code == 0


def files(node: Founded) -> set[str]:
    return {path.name for path in (node.home / "keys").iterdir()} - {"rotation.lock"}


# -- the old key introduces the new one -------------------------------------------------


def test_a_new_key_signs_from_the_next_transaction_on(simulated: Founded) -> None:
    """Introduced and retired in one transaction under the old key; the log stays whole."""
    old, size = current(simulated), simulated.size()
    done = simulated.call("key", "rotate", "--reason", "年度更换", "--by", "op-3")
    assert done.code == 0, done.err
    new = current(simulated)
    assert new != old
    assert simulated.types()[size:] == ["KeyIntroduced", "KeyRetired"]
    assert simulated.call("organisation", "admit", "--id", "X1", "--name", "示例",
                          "--role", "supplier").code == 0  # fmt: skip
    with simulated.opened() as opened:
        rows = acts(opened.store)[size:]
        assert [row.keyid.hex() for row in rows] == [old, old, new, new]
        assert rows[0].recorded_at == rows[1].recorded_at
        assert '"reason":"年度更换"'.encode() in rows[1].state
        held = opened.registry().node_keys
        assert held[old].until == held[new].from_
        assert held[old].valid_at(rows[1].recorded_at)
        assert held[new].valid_at(rows[2].recorded_at)
        assert not held[old].valid_at(rows[2].recorded_at)
    sound(simulated)
    assert files(simulated) == KEYS


def test_a_node_rotates_again_and_again(embedded: Founded) -> None:
    """The founder stays pinned in ``node.json``, whatever signs today."""
    pinned = json.loads((embedded.home / "node.json").read_text())["founder"]
    seen = {current(embedded)}
    for _ in range(3):
        assert embedded.call("key", "rotate").code == 0
        seen.add(current(embedded))
    assert len(seen) == 4
    assert json.loads((embedded.home / "node.json").read_text())["founder"] == pinned
    sound(embedded)


def test_a_home_without_a_pin_is_given_one_when_it_rotates(embedded: Founded) -> None:
    """Homes of before keys could rotate go on."""
    place = embedded.home / "node.json"
    settings = json.loads(place.read_text())
    founder = settings.pop("founder")
    place.write_text(json.dumps(settings))
    sound(embedded)
    assert embedded.call("key", "rotate").code == 0
    assert json.loads(place.read_text())["founder"] == founder
    sound(embedded)


def test_the_witness_key_rotates_apart(simulated: Founded) -> None:
    """The node's own key introduces it and signs on."""
    own, old = current(simulated), current(simulated, "witness")
    assert simulated.call("key", "rotate", "--witness").code == 0
    assert (current(simulated), current(simulated, "witness") != old) == (own, True)
    with simulated.opened() as opened:
        assert opened.witness_key is not None
        assert opened.witness_key.keyid == current(simulated, "witness")
        opened.registry()
        opened.require_key(opened.witness_key, "witness", "witness.key")
    sound(simulated)
    assert files(simulated) == KEYS


def test_a_locked_home_stays_locked(tmp_path: Path) -> None:
    """The new key lies under the same lock as the old one."""
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse")
    home = tmp_path / "home"
    locked = ("--passphrase-file", secret)
    assert call("init", "--home", home, "--node", "xiamen", *locked).code == 0
    assert call("key", "rotate", "--home", home, *locked).code == 0
    assert b"argon2id" in (home / "keys" / "node.key").read_bytes()
    assert call("audit", "--home", home, *locked).code == 0


def test_whoever_has_the_node_open_with_the_old_key_writes_nothing(simulated: Founded) -> None:
    """It is told to start again; it reads on."""
    with simulated.opened() as old:
        old.registry()
        assert simulated.call("key", "rotate").code == 0
        size = simulated.size()
        command = GrantRole.model_validate(
            {"organisation": SUPPLIER, "role": "reviewer", "from": "2026-03-01"}
        )
        with pytest.raises(KeyReplaced) as refused:
            old.execute(Order(command, Actor(old.name, "op-7")))
        assert "start this program again" in refused.value.message()
        assert simulated.size() == size
        assert old.registry().node_keys
    sound(simulated)


def test_an_old_key_file_put_back_writes_nothing(embedded: Founded) -> None:
    """What the log has retired signs no more, wherever it comes from."""
    place = embedded.home / "keys" / "node.key"
    old = place.read_bytes()
    assert embedded.call("key", "rotate").code == 0
    new = place.read_bytes()
    place.write_bytes(old)
    size = embedded.size()
    done = embedded.call("organisation", "admit", "--id", "X1", "--name", "示", "--role", "partner")
    assert (done.code, embedded.size()) == (2, size)
    assert "retired" in done.err
    place.write_bytes(new)
    sound(embedded)


def test_a_log_that_another_key_founded_is_not_this_homes(tmp_path: Path) -> None:
    """Also after a rotation the pin in ``node.json`` decides, for the node and its audit."""
    for name in ("mine", "other"):
        done = call("init", "--home", tmp_path / name, "--node", "xiamen",
                    "--simulated-clock", "--at", FOUNDED_AT)  # fmt: skip
        assert done.code == 0
    mine = Founded(tmp_path / "mine", "xiamen")
    assert mine.call("key", "rotate").code == 0
    place = mine.home / "node.json"
    settings = json.loads(place.read_text())
    settings["founder"] = json.loads((tmp_path / "other" / "node.json").read_text())["founder"]
    place.write_text(json.dumps(settings))
    told = mine.call("audit", "--json")
    assert "unknown_key" in {fault["kind"] for fault in told.json["faults"]}
    done = mine.call("organisation", "admit", "--id", "X1", "--name", "示", "--role", "partner")
    assert done.code == 2
    assert "node.json" in done.err


# -- stopped at any point -----------------------------------------------------------------

DIES = """
import os, signal, sys
import ledger.next_key as next_key, ledger.rotation as rotation
from pathlib import Path
from api.cli.main import run

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

point = sys.argv[1]
if point == "before the file":
    next_key.write_key_file = die
elif point == "while it is written":
    Path.rename = die
elif point == "before the log":
    rotation.rotation_facts = die
elif point == "after the log":
    rotation.adopt_next = die
elif point == "before its public half":
    next_key._replace_public = die
elif point == "before its name":
    replace = Path.replace
    Path.replace = lambda self, to: die() if self.name.endswith(".next") else replace(self, to)
elif point == "after its name":
    next_key.sync_folder = lambda folder: None if (folder / "node.key.next").exists() else die()
run(["key", "rotate", *sys.argv[2:]])
"""

BEFORE = ["before the file", "while it is written", "before the log"]
AFTER = ["after the log", "before its public half", "before its name", "after its name"]


def killed(node: Founded, point: str, *options: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DIES, point, "--home", str(node.home), *options],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize("point", BEFORE)
def test_stopped_before_the_log_names_it_the_old_key_signs_on(
    simulated: Founded, point: str
) -> None:
    """And the next attempt ends well, with the key that was made where there was one."""
    old, size = current(simulated), simulated.size()
    killed(simulated, point)
    assert (current(simulated), simulated.size()) == (old, size)
    sound(simulated)
    made = Home(simulated.home).read_next("node", b"")
    assert simulated.call("key", "rotate").code == 0
    if made is not None:
        assert current(simulated) == made.signing_key().keyid
    assert current(simulated) != old
    sound(simulated)
    assert files(simulated) == KEYS


@pytest.mark.parametrize("point", AFTER)
def test_stopped_after_the_log_named_it_the_new_key_is_in_place_when_it_is_opened(
    simulated: Founded, point: str
) -> None:
    """Whoever opens the home finishes what was begun."""
    old, size = current(simulated), simulated.size()
    killed(simulated, point)
    assert simulated.size() == size + 2
    assert current(simulated) != old
    assert files(simulated) == KEYS
    with simulated.opened() as opened:
        public = (simulated.home / "keys" / "node.key.pub").read_text().strip()
        assert base64text.encode(opened.signing_key.public) == public
    sound(simulated)


def test_stopped_while_the_witness_rotates(simulated: Founded) -> None:
    """The same for the other key."""
    old = current(simulated, "witness")
    killed(simulated, "after the log", "--witness")
    assert current(simulated, "witness") != old
    sound(simulated)
    assert files(simulated) == KEYS


def test_two_programs_that_rotate_at_once_leave_one_key_in_use(simulated: Founded) -> None:
    """One is first; the other goes on from there or is told to start again."""
    command = program("key", "rotate", "--home", simulated.home)
    running = [
        subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for each in running:
        each.communicate(timeout=PATIENCE)
    codes = sorted(each.returncode for each in running)
    assert codes in ([0, 0], [0, 2])
    assert simulated.types().count("KeyRetired") == codes.count(0)
    sound(simulated)
    assert files(simulated) == KEYS


# -- roots --------------------------------------------------------------------------------


@pytest.fixture
def rooted(request: pytest.FixtureRequest, tmp_path: Path, store: str) -> Founded:
    """A node with three roots, two of which are needed."""
    options: list[str] = []
    for name in "abc":
        assert call("key", "new", "-o", tmp_path / f"{name}.key").code == 0
        options += ["--root", str(tmp_path / f"{name}.key.pub")]
    node = found(
        request, tmp_path, store, "--simulated-clock", "--at", FOUNDED_AT, *options,
        "--root-quorum", "2", "--origin", "example.com/xiamen",
    )  # fmt: skip
    admit_all(node)
    return node


def approve(folder: Path, name: str, request: Path) -> Path:
    output = folder / f"{request.name}-{name}"
    done = call("key", "approve", request, "--key", folder / f"{name}.key", "-o", output)
    assert done.code == 0, done.err
    return output


def approvals(*paths: Path) -> list[str]:
    return [word for path in paths for word in ("--approval", str(path))]


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "stolen"])
@pytest.mark.parametrize("chained", [True, False], ids=["one file", "two files"])
def test_a_quorum_of_the_roots_introduces_a_key(
    rooted: Founded, tmp_path: Path, lost: bool, chained: bool
) -> None:
    """Without the old key: the new one signs for itself, and the old one ends."""
    old, size, leaves = current(rooted), rooted.size(), rooted.tree_size()
    if lost:
        (rooted.home / "keys" / "node.key").unlink()
    asked = tmp_path / "request"
    assert rooted.call("key", "request", "-o", asked).code == 0
    one = approve(tmp_path, "a", asked)
    given = [approve(tmp_path, "b", one)] if chained else [one, approve(tmp_path, "b", asked)]
    since = () if lost else ("--compromised-since", FOUNDED_AT)
    done = rooted.call("key", "rotate", *approvals(*given), *since)
    assert done.code == 0, done.err
    events = ["KeyIntroduced", "KeyRetired"] + ([] if lost else ["KeyCompromised"])
    assert rooted.types()[size:] == events
    new = current(rooted)
    with rooted.opened() as opened:
        assert {row.keyid.hex() for row in opened.store.scan(leaves)} == {new}
        assert (old not in opened.registry().compromises_known().by_key) == lost
        assert opened.registry().origin == "example.com/xiamen"
    sound(rooted)


def test_fewer_roots_or_others_introduce_nothing(rooted: Founded, tmp_path: Path) -> None:
    """One of two, one twice, and a stranger are refused with 3; nothing is written."""
    size = rooted.size()
    assert call("key", "new", "-o", tmp_path / "x.key").code == 0
    asked = tmp_path / "request"
    assert rooted.call("key", "request", "-o", asked).code == 0
    one, stranger = approve(tmp_path, "a", asked), approve(tmp_path, "x", asked)
    again = approve(tmp_path, "a", one)
    for given in ([asked], [one], [one, again], [one, stranger]):
        done = rooted.call("key", "rotate", *approvals(*given))
        assert (done.code, rooted.size()) == (3, size), done.err
    sound(rooted)


def test_an_approval_is_of_one_node_one_key_and_one_time(rooted: Founded, tmp_path: Path) -> None:
    """After another rotation, for another key, or bent, it introduces nothing."""
    asked = tmp_path / "request"
    assert rooted.call("key", "request", "-o", asked).code == 0
    given = [approve(tmp_path, "a", asked), approve(tmp_path, "b", asked)]
    spelled = json.loads(asked.read_bytes())
    bent = tmp_path / "bent"
    bent.write_text(json.dumps(spelled | {"tree_size": 1}, sort_keys=True, separators=(",", ":")))
    loose = tmp_path / "loose"
    loose.write_text(json.dumps(spelled))
    assert rooted.call("key", "rotate", *approvals(bent)).code == 3
    assert rooted.call("key", "rotate", *approvals(loose)).code == 2
    assert rooted.call("key", "rotate", *approvals(given[0], bent)).code == 2
    assert rooted.call("key", "rotate").code == 0  # the old key was found again
    size = rooted.size()
    done = rooted.call("key", "rotate", *approvals(*given))
    assert (done.code, rooted.size()) == (3, size), done.err
    sound(rooted)


def test_without_roots_only_the_nodes_own_key_introduces_another(
    embedded: Founded, tmp_path: Path
) -> None:
    """A request is refused where nobody could approve it."""
    done = embedded.call("key", "request", "-o", tmp_path / "request")
    assert (done.code, (tmp_path / "request").exists()) == (3, False)


@pytest.mark.parametrize(
    "options",
    [
        ("--root-quorum", "1"),
        ("--root", "a.key.pub", "--root-quorum", "2"),
        ("--root", "a.key.pub", "--root-quorum", "0"),
        ("--root", "a.key.pub", "--root", "a.key.pub"),
        ("--root", "none.pub"),
        ("--origin", "two words"),
        ("--origin", "a+b"),
        ("--origin", ""),
    ],
)
def test_roots_that_cannot_be_founded_are_usage(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Exit 2 and no folder."""
    assert call("key", "new", "-o", tmp_path / "a.key").code == 0
    given = [tmp_path / word if word.endswith(".pub") else word for word in options]
    done = call("init", "--home", tmp_path / "home", "--node", "xiamen", *given)
    assert done.code == 2, done.err
    assert not (tmp_path / "home").exists()


# -- retired, compromised -------------------------------------------------------------------


def test_the_only_key_is_not_retired_and_no_key_twice(simulated: Founded) -> None:
    """A node without a key could never write again."""
    own, witness = current(simulated), current(simulated, "witness")
    assert simulated.call("key", "retire", own).code == 3
    assert simulated.call("key", "retire", "ab" * 32).code == 3
    assert simulated.call("key", "retire", "nonsense").code == 2
    assert simulated.call("key", "retire", witness, "--reason", "不再见证").code == 0
    assert simulated.call("key", "retire", witness).code == 3
    sound(simulated)


@pytest.fixture
def case(simulated: Founded, tmp_path: Path) -> Founded:
    """A record, its notice and a sanction in force, all of the founding key."""
    lines = [
        collect() | {"as": "R1", "at": at("03-02")},
        NOTICE | {"at": at("03-03")},
        SANCTION | {"as": "S1", "at": at("03-09")},
    ]
    done = simulated.apply(tmp_path, lines, "--labels", tmp_path / "labels.json")
    assert done.code == 0, done.out
    return simulated


def states(node: Founded, *options: str) -> tuple[str, str, list[int], str]:
    asked = node.call("history", FIRM, "--json", *OFFICER, *options)
    assert asked.code == 0, asked.err
    (record,), (sanction,) = asked.json["records"], asked.json["sanctions"]
    return record["state"], sanction["state"], sanction["because"], sanction["since"]


def test_what_a_compromised_key_signed_is_disputed_and_suspended(
    case: Founded, tmp_path: Path
) -> None:
    """From the declaration on; answers for the size before it stay; no new sanction rests on
    it; a confirmation under the new key restores both."""
    old, before = current(case), case.tree_size()
    asked = ("--valid-at", "2026-04-01")
    assert states(case, *asked)[:2] == ("valid", "in_force")
    assert case.call("key", "rotate", "--at", at("04-01")).code == 0
    declared = case.tree_size()
    since = "2026-03-01T00:00:00Z"
    done = case.call("key", "compromised", old, "--since", since, "--at", at("04-02"),
                     "--reason", "介质遗失")  # fmt: skip
    assert done.code == 0, done.err
    record, sanction, because, began = states(case, "--valid-at", "2026-04-03")
    assert (record, sanction, began) == ("disputed", "suspended", "2026-04-02")
    assert declared in because
    assert states(case, "--known-at", str(before), *asked)[:2] == ("valid", "in_force")
    assert states(case, *asked)[:2] == ("disputed", "suspended")
    labels = ("--labels", tmp_path / "labels.json")
    done = case.apply(tmp_path, [SANCTION | {"as": "S2", "at": at("04-03")}], *labels)
    assert done.code == 3, done.out
    assert "record_cannot_bear" in done.out
    confirmed = [
        {"command": "file_objection", "by": by(REGISTRAR), "record": "@R1",
         "filed_by": "enforcer", "party": BUYER, "filed_on": "2026-04-03", "as": "O1", "at": at("04-03")},
        {"command": "decide_objection", "by": by(REVIEWER), "objection": "@O1",
         "outcome": "rejected", "decided_on": "2026-04-07", "at": at("04-07")},
        {"command": "resume_sanction", "by": by(BUYER), "sanction": "@S1", "at": at("04-08")},
    ]  # fmt: skip
    done = case.apply(tmp_path, confirmed, *labels)
    assert done.code == 0, done.out
    assert states(case, "--valid-at", "2026-04-08")[:2] == ("valid", "in_force")
    assert states(case, "--valid-at", "2026-04-05")[:2] == ("disputed", "suspended")
    assert case.call("audit").code == 0


def test_a_declaration_is_made_of_a_known_key_and_a_past_instant_once(case: Founded) -> None:
    """An earlier instant may follow; a later one changes nothing."""
    own = current(case)

    def declare(keyid: str, since: str) -> int:
        return case.call("key", "compromised", keyid, "--since", since, "--at", at("04-02")).code

    assert declare("ab" * 32, "2026-03-05T00:00:00Z") == 3
    assert declare(own, "2026-04-09T00:00:00Z") == 3
    size = case.size()
    done = case.call("key", "compromised", own, "--since", "2026-03-05T00:00:00Z",
                     "--at", at("04-02"))  # fmt: skip
    assert done.code == 0
    assert "rotate" in done.err
    assert case.types()[size:] == ["KeyCompromised"]
    again = case.call("key", "compromised", own, "--since", "2026-03-06T00:00:00Z",
                      "--at", at("04-03"))  # fmt: skip
    assert again.code == 3
    earlier = case.call("key", "compromised", own, "--since", "2026-03-04T00:00:00Z",
                        "--at", at("04-03"))  # fmt: skip
    assert earlier.code == 0
    assert case.call("key", "rotate", "--at", at("04-04")).code == 0
    sound(case)


def test_the_public_sees_the_doubt_too(case: Founded) -> None:
    """Whoever reads the published record reads that it is disputed."""
    old = current(case)
    assert case.call("key", "rotate", "--at", at("04-01")).code == 0
    assert (
        case.call("key", "compromised", old, "--since", FOUNDED_AT, "--at", at("04-02")).code == 0
    )
    asked = case.call("history", FIRM, "--json", "--valid-at", "2026-04-03")
    assert [line["state"] for line in asked.json["records"]] == ["disputed"]
    assert [line["state"] for line in asked.json["sanctions"]] == ["suspended"]


# -- files that are not as they should be ---------------------------------------------------


@pytest.mark.parametrize("damage", [b"", b"{}", b"x" * 100_000])
def test_a_damaged_key_that_is_to_follow_stops_nothing_but_a_rotation(
    simulated: Founded, damage: bytes
) -> None:
    """Reading and writing go on with the key in use; a rotation says what to do about it."""
    path = simulated.home / "keys" / "node.key.next"
    path.write_bytes(damage)
    path.chmod(0o600)
    assert simulated.call("key", "list").code == 0
    assert simulated.call("history", FIRM).code == 0
    admit = ("organisation", "admit", "--id", "X1", "--name", "某", "--role", "supplier")
    assert simulated.call(*admit).code == 0
    done = simulated.call("key", "rotate")
    assert done.code == 2
    assert "remove it and try again" in done.err
    path.unlink()
    assert simulated.call("key", "rotate").code == 0


def test_a_rotation_that_is_refused_makes_no_key(case: Founded) -> None:
    """What would be refused anyway is, before a new key lies beside the old one."""
    path = case.home / "keys" / "node.key.next"
    tomorrow = ("--compromised-since", at("04-02"), "--at", at("04-01"))
    assert case.call("key", "rotate", *tomorrow).code == 3
    assert not path.exists()
    (case.home / "high-water.json").unlink()
    assert case.call("key", "rotate").code == 1
    assert not path.exists()


def test_a_witness_key_is_told_as_long_as_it_may_cosign(case: Founded) -> None:
    """A retired one is handed to nobody; one that is compromised covers no leaf of this log."""
    listed = case.call("key", "list", "--json").json["keys"]
    (key,) = (each["keyid"] for each in listed if "witness" in each["purposes"])
    done = case.call("key", "compromised", key, "--since", at("03-01"), "--at", at("04-01"))
    assert (done.code, "leaf" in done.out, "--witness" in done.out) == (0, False, True)
    assert case.call("witness", "status", "--vkey").code == 0
    assert case.call("key", "retire", key, "--at", at("04-02")).code == 0
    done = case.call("witness", "status", "--vkey")
    assert (done.code, done.out) == (2, "")
    assert case.call("key", "rotate", "--witness", "--at", at("04-03")).code == 0
    assert case.call("witness", "status", "--vkey").code == 0
