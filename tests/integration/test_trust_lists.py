"""``trust make``, ``sign``, ``check`` and ``adopt``: how nodes come to go by one governed list."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.cli.keys import public_key_of
from ledger.exchange.trust_list import TrustListLost
from ledger.signing.keys import key_id
from tests.integration.backups import back_up
from tests.integration.driving import Ended, Founded, call
from tests.integration.material import FOUNDED_AT, at

EXPIRES = "2027-03-01T00:00:00Z"


@dataclass
class Region:
    """Xiamen, whose home the test looks into, Zhangzhou, and three governors."""

    node: Founded
    folder: Path
    members: list[Path] = field(default_factory=list)

    def done(self, *arguments: str | Path) -> Ended:
        ended = call(*arguments)
        assert ended.code == 0, ended.err
        return ended

    def file(self, name: str) -> Path:
        return self.folder / name

    def export(self, node: Founded, *options: str) -> Path:
        path = self.file(f"{node.home.name}.json")
        ended = node.call("trust", "export", "-o", path, *options)
        assert ended.code == 0, ended.err
        return path

    def make(
        self, name: str, *options: str | Path, issued: str = FOUNDED_AT, governors: str = "abc"
    ) -> Ended:
        given = [part for one in governors for part in ("--governor", self.file(f"{one}.pub"))]
        return call(
            "trust", "make", *self.members, *given, "--threshold", "2",
            "--issued", issued, "--expires", EXPIRES, "-o", self.file(name), *options,
        )  # fmt: skip

    def signed(self, name: str, by: str = "ab") -> Path:
        path = self.file(name)
        for one in by:
            self.done("trust", "sign", path, "--key", self.file(one), "-o", path)
        return path

    def list(self, name: str, *options: str | Path, by: str = "ab") -> Path:
        made = self.make(name, *options)
        assert made.code == 0, made.err
        return self.signed(name, by)

    def adopt(self, path: Path, day: str = "03-02", node: Founded | None = None) -> Ended:
        return (node or self.node).call(
            "trust", "adopt", path, "--operator", "op-7", "--at", at(day)
        )


@pytest.fixture
def region(simulated: Founded, tmp_path: Path) -> Region:
    made = Region(simulated, tmp_path)
    there = Founded(tmp_path / "there", "zhangzhou")
    made.done(
        "init", "--home", there.home, "--node", "zhangzhou", "--simulated-clock", "--at", FOUNDED_AT
    )
    made.members = [made.export(simulated), made.export(there)]
    for name in "abcd":
        made.done("key", "new", "-o", made.file(name))
    return made


@pytest.fixture
def local(embedded: Founded, tmp_path: Path) -> Region:
    """On the default store, with one member."""
    made = Region(embedded, tmp_path)
    made.members = [made.export(embedded)]
    for name in "abc":
        made.done("key", "new", "-o", made.file(name))
    return made


def test_a_list_goes_from_its_members_to_the_nodes_that_adopt_it(region: Region) -> None:
    """Made, signed, checked, adopted by the node and there after it was opened again."""
    assert region.make("list").code == 0
    draft = call("trust", "check", region.file("list"), "--json")
    assert (draft.code, draft.json["ok"]) == (1, False)
    assert [one["kind"] for one in draft.json["faults"]] == ["too_few_signatures"]
    path = region.signed("list")
    checked = call("trust", "check", path, "--json")
    assert checked.code == 0
    assert checked.json.keys() == {"ok", "version", "digest", "faults"}
    assert (checked.json["ok"], checked.json["version"], checked.json["faults"]) == (True, 1, [])
    done = region.adopt(path)
    assert done.code == 0, done.err
    for one in "abc":
        assert key_id(public_key_of(region.file(f"{one}.pub"))) in done.err
    assert "your word" in done.err
    with region.node.opened() as node:
        listed = node.trust_list()
        size = node.store.size()
        assert listed is not None
        assert listed.digest == checked.json["digest"] == listed.trust.list_digest
        assert [one.node for one in listed.trust.nodes] == [region.node.name, "zhangzhou"]
        adopted = node.registry().trust_list_known()
        assert adopted is not None
        assert node.trust_list(adopted.index) is None
        assert node.trust_list(adopted.index + 1) == listed
        assert adopted.index < size
    assert region.node.call("audit").code == 0
    there = Founded(region.file("there"), "zhangzhou")
    assert region.adopt(path, node=there).code == 0


def test_a_node_without_a_list_has_none(local: Region) -> None:
    """Nothing stands in for a list that was not adopted."""
    with local.node.opened() as node:
        assert node.trust_list() is None


def test_verifiers_read_a_list_where_they_read_a_trust_file(local: Region) -> None:
    """``verify`` and ``witness watch`` take either form, and no list that is not signed."""
    assert local.node.call("checkpoint", "-o", local.file("checkpoint")).code == 0
    assert local.make("list").code == 0
    unsigned = call("verify", local.file("checkpoint"), "--trust", local.file("list"))
    assert unsigned.code == 2
    path = local.signed("list")
    for trust in (path, *local.members):
        verdict = call("verify", local.file("checkpoint"), "--trust", trust, "--json")
        assert (verdict.code, verdict.json["verdict"]) == (0, "VALID"), verdict


def test_only_the_governors_of_the_list_before_put_others_in_their_place(region: Region) -> None:
    """New governors need the old ones' signatures, at the check and at every node."""
    first = region.list("list")
    assert region.adopt(first).code == 0
    assert region.make("next", "--after", first, governors="cd", issued=at("03-02")).code == 0
    taken = region.signed("next", "cd")
    assert call("trust", "check", taken).code == 0
    checked = call("trust", "check", taken, "--after", first, "--json")
    assert checked.code == 1
    assert [one["kind"] for one in checked.json["faults"]] == ["too_few_former_signatures"]
    before = region.node.tree_size()
    refused = region.adopt(taken, "03-03")
    assert refused.code == 3
    assert "governors of the list before" in refused.err
    assert region.node.tree_size() == before
    assert region.adopt(region.signed("next", "b"), "03-03").code == 0
    back = region.adopt(first, "03-04")
    assert back.code == 3
    assert "not newer" in back.err
    with region.node.opened() as node:
        listed = node.trust_list()
        assert listed is not None
        assert (listed.version, len(listed.governors)) == (2, 2)


def test_what_a_node_may_not_go_by_is_refused(region: Region) -> None:
    """Not signed, the same again, another of the same version, expired, without this node."""

    def refused(path: Path, word: str, day: str = "03-03") -> None:
        before = region.node.tree_size()
        ended = region.adopt(path, day)
        assert ended.code == 3, ended
        assert word in ended.err
        assert region.node.tree_size() == before

    assert region.make("list").code == 0
    refused(region.file("list"), "own governors")
    refused(region.signed("list", "a"), "own governors")
    assert region.make("ahead", issued=at("05-01")).code == 0
    refused(region.signed("ahead"), "in the future")
    everyone, region.members = region.members, region.members[1:]
    refused(region.list("alien"), "does not describe this node")
    region.members = everyone
    path = region.signed("list", "b")
    assert region.adopt(path).code == 0
    refused(path, "already")
    assert region.make("other", governors="abcd").code == 0
    refused(region.signed("other"), "another list of the same version")
    late = region.node.call(
        "trust", "adopt", region.list("more", "--after", path), "--operator", "o", "--at", EXPIRES
    )
    assert (late.code, "expired" in late.err) == (3, True)
    region.file("junk").write_bytes(b'{"payloadType": 1}')
    assert region.adopt(region.file("junk"), "03-03").code == 2


def test_a_list_without_the_key_in_use_is_refused(local: Region) -> None:
    """After a rotation the node needs a list that knows its new key, and announces keep it."""
    first = local.list("list")
    assert local.adopt(first).code == 0
    announced = json.loads(local.export(local.node, "--announce").read_bytes())["keys"][0]["next"]
    assert local.make("second", "--after", first, issued=at("03-02")).code == 0
    second = local.signed("second")
    done = local.node.call("key", "rotate", "--at", at("03-03"))
    assert done.code == 0, done.err
    assert announced in done.out
    stale = local.adopt(second, "03-04")
    assert (stale.code, "key in use" in stale.err) == (3, True)
    local.export(local.node)
    assert local.make("third", "--after", second, issued=at("03-03")).code == 0
    assert local.adopt(local.signed("third"), "03-04").code == 0


def test_members_that_disagree_make_no_list(local: Region) -> None:
    """An old and a new file of one node: nothing is written."""
    old = local.members[0].rename(local.file("old.json"))
    assert local.node.call("key", "rotate", "--at", at("03-02")).code == 0
    local.members = [old, local.export(local.node)]
    ended = local.make("list")
    assert (ended.code, "two ways" in ended.err) == (2, True)
    assert not local.file("list").exists()


def test_a_signature_of_no_governor_is_told(local: Region) -> None:
    """It is added all the same: the list before may name that key."""
    local.done("key", "new", "-o", local.file("x"))
    assert local.make("list").code == 0
    path = local.file("list")
    ended = local.done("trust", "sign", path, "--key", local.file("x"), "-o", local.file("other"))
    assert "not a governor" in ended.err
    assert "0 of the 2" in ended.out


def test_what_cannot_be_read_ends_with_usage(local: Region) -> None:
    """A list that is missing is 2; one that is damaged is a finding of ``check``."""
    assert call("trust", "check", local.file("missing")).code == 2
    local.file("junk").write_bytes(b'{"payload": NaN')
    checked = call("trust", "check", local.file("junk"), "--json")
    assert (checked.code, checked.json["version"], checked.json["digest"]) == (1, None, None)
    assert [one["kind"] for one in checked.json["faults"]] == ["malformed"]
    good = local.list("list")
    assert call("trust", "check", good, "--after", local.file("junk")).code == 2
    assert call("trust", "sign", local.file("junk"), "--key", local.file("a"),
                "-o", local.file("out")).code == 2  # fmt: skip


@pytest.mark.parametrize("content", [None, b"{}"])
def test_a_list_that_is_not_kept_as_it_was_adopted_is_a_fault(
    local: Region, content: bytes | None
) -> None:
    """The audit names it, and the node goes by nothing else."""
    assert local.adopt(local.list("list")).code == 0
    with local.node.opened() as node:
        adopted = node.registry().trust_list_known()
    assert adopted is not None
    with closing(sqlite3.connect(local.node.home / "ledger.sqlite")) as store, store:
        for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            store.execute(f"DROP TRIGGER {name}")
        if content is None:
            store.execute("DELETE FROM manifests WHERE digest = ?", [adopted.facts.digest])
        else:
            changed = [content, adopted.facts.digest]
            store.execute("UPDATE manifests SET envelope = ? WHERE digest = ?", changed)
    with local.node.opened() as node, pytest.raises(TrustListLost):
        node.trust_list()
    audit = local.node.call("audit", "--json")
    assert audit.code == 1
    found = {(fault["index"], fault["kind"]) for fault in audit.json["faults"]}
    assert (adopted.index, "missing_trust_list") in found


def test_a_restored_store_has_its_list(local: Region) -> None:
    """The list leaves with an auditor's copy, and comes back from it."""
    backup = back_up(local.node, local.folder, None)
    path = local.list("list")
    assert local.adopt(path).code == 0
    copy = local.file("copy")
    assert local.node.call("tiles", "export", copy, "--with-entries").code == 0
    backup.restore()
    done = local.node.call("reconcile", "--from", copy)
    assert done.code == 0, (done.out, done.err)
    with local.node.opened() as node:
        listed = node.trust_list()
    assert listed is not None
    (kept,) = copy.glob(f"manifests/*{listed.digest}*")
    backup.restore()
    kept.write_bytes(b"{}")
    assert local.node.call("reconcile", "--from", copy).code == 1
