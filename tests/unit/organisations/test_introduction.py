"""Which key may introduce itself, and what is declared of keys."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from ledger.commands.governance_commands import CompromiseKey, RetireKey
from ledger.entry import Actor
from ledger.errors import Refusal
from ledger.events.base import Facts
from ledger.events.governance import (
    Continued,
    KeyCompromised,
    KeyIntroduced,
    KeyRetired,
    NodeFounded,
    RootApproval,
)
from ledger.founding import NODE_PURPOSES, Charter, introducing
from ledger.organisations.decide import decide_governance
from ledger.organisations.decide_keys import (
    DeclaredAlready,
    KeyEndedAlready,
    KeyKnownAlready,
    NodeKeyUnknown,
    OnlyKey,
    Rotation,
    SinceInFuture,
    no_evidence,
    rotation_facts,
)
from ledger.organisations.introduction import (
    KeyRequest,
    RequestUnreadable,
    approved,
    by_roots,
    read_request,
    request,
)
from ledger.organisations.node_keys import origin_of
from ledger.organisations.registry import Registry
from ledger.signing import base64text
from ledger.signing.dsse import STATEMENT, Envelope
from ledger.signing.keys import new_signing_key
from tests.unit.subject.made import day, entry, instant_on

ROOTS = [new_signing_key(bytes([n]) * 32) for n in (1, 2, 3)]
OLD, NEW, STRANGER = (new_signing_key(bytes([n]) * 32) for n in (7, 8, 9))
FROM = instant_on(day("2020-01-01"))
HEAD = "d" * 64
SEEN = Continued(size=4, head=HEAD)
INDEX = 6


def charter(quorum: int | None = 2) -> Charter:
    return Charter("xiamen", roots=tuple(root.public for root in ROOTS), root_quorum=quorum)


def registry(*more: Facts, founded: Facts | None = None) -> Registry:
    facts = [founded or charter().facts(), introducing(OLD.public, NODE_PURPOSES, FROM), *more]
    return Registry().fold(entry(each, index=i, seq=i + 1) for i, each in enumerate(facts))


def asked(known: Registry | None = None) -> KeyRequest:
    return request(known or registry(), NEW.public, NODE_PURPOSES, FROM, SEEN)


def introduced(*signers: int, **changes: object) -> KeyIntroduced:
    """The facts with the approvals of these roots; then changed."""
    envelope: Envelope | None = None
    for number in signers:
        envelope = approved(asked(), envelope, ROOTS[number])
    facts = asked().introduces([] if envelope is None else [envelope])
    return facts.model_copy(update=changes)


def why(facts: KeyIntroduced, known: Registry | None = None, index: int = INDEX) -> str | None:
    return by_roots(known or registry(), facts, index, {3: HEAD}.get)


def test_a_quorum_of_the_roots_suffices_and_less_does_not() -> None:
    """Two of three, whichever; the same root twice is one."""
    for pair in [(0, 1), (1, 2), (0, 2), (0, 1, 2)]:
        assert why(introduced(*pair)) is None
    for few in [(), (0,), (1, 1)]:
        assert why(introduced(*few)) is not None


def test_signatures_of_others_do_not_count() -> None:
    """A stranger's, and a root's on another request, are none."""
    mine = introduced(0).approvals
    strange = approved(asked(), None, STRANGER).signatures[0]
    forged = RootApproval(keyid=strange.keyid, sig=base64text.encode(strange.sig))
    assert why(introduced(0, approvals=(*mine, forged))) is not None
    swapped = RootApproval(keyid=ROOTS[1].keyid, sig=mine[0].sig)
    assert why(introduced(0, approvals=(*mine, swapped))) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"from_": FROM + timedelta(days=1)},
        {"purposes": ("entries",)},
        {"purposes": ("witness",)},
        {"public_key": base64text.encode(STRANGER.public)},
        {"keyid": STRANGER.keyid, "public_key": base64text.encode(STRANGER.public)},
        {"continues": Continued(size=3, head=HEAD)},
        {"continues": Continued(size=4, head="e" * 64)},
        {"continues": None},
    ],
)
def test_what_the_roots_signed_is_what_is_introduced(changes: dict[str, object]) -> None:
    """Any other key, use, day or log than that approved is refused."""
    assert why(introduced(0, 1, **changes)) is not None


def test_an_approval_is_of_this_log_at_this_time() -> None:
    """Another node's, a size not reached, and one older than the last rotation are refused."""
    facts = introduced(0, 1)
    assert why(facts, index=SEEN.size) is None
    assert why(facts, index=SEEN.size - 1) is not None
    other = registry(founded=replace(charter(), name="zhangzhou").facts())
    assert why(facts, other) is not None
    elsewhere = registry(founded=replace(charter(), origin="example.com/x").facts())
    assert why(facts, elsewhere) is not None
    late = registry()
    late.evolve(entry(introducing(STRANGER.public, NODE_PURPOSES, FROM), index=4, seq=3))
    assert why(facts, late) is not None


def test_a_known_key_is_not_introduced_again() -> None:
    """Nothing brings a retired key back."""
    known = registry(
        introducing(NEW.public, NODE_PURPOSES, FROM), KeyRetired(keyid=NEW.keyid, from_=FROM)
    )
    assert why(introduced(0, 1), known) is not None
    ended = known.node_keys[NEW.keyid]
    known.evolve(entry(introducing(NEW.public, NODE_PURPOSES, FROM), index=9, seq=5))
    assert known.node_keys[NEW.keyid] == ended
    assert ended.until is not None


def test_a_node_without_roots_takes_no_approval() -> None:
    """Nobody else may introduce a key of it."""
    bare = registry(founded=Charter("xiamen").facts())
    assert why(introduced(0, 1), bare) is not None


def test_a_retirement_takes_effect_after_its_record() -> None:
    """What was recorded until then stays as good as it was, whatever instant it names."""
    known = registry(KeyRetired(keyid=OLD.keyid, from_=FROM - timedelta(days=9)))
    recorded = FROM + timedelta(seconds=2)
    assert known.node_keys[OLD.keyid].valid_at(recorded)
    assert not known.node_keys[OLD.keyid].valid_at(recorded + timedelta(microseconds=1))


# -- the founding -----------------------------------------------------------------------


def test_the_quorum_is_more_than_half_unless_said() -> None:
    """And the origin is made of the node's name unless said."""
    assert charter(None).facts().root_quorum == 2
    assert charter(3).facts().root_quorum == 3
    assert registry().origin == origin_of("xiamen") == "credit-ledger.example/xiamen"
    assert registry(founded=replace(charter(), origin="a.b/c").facts()).origin == "a.b/c"


@pytest.mark.parametrize(
    "change",
    [
        {"root_quorum": 4},
        {"root_quorum": 0},
        {"root_quorum": None},
        {"roots": []},
        {"roots": [base64text.encode(ROOTS[0].public)] * 2},
        {"origin": "a b"},
        {"origin": "a+b"},
    ],
)
def test_roots_that_could_never_agree_are_not_founded(change: dict[str, object]) -> None:
    """A quorum fits its roots, and each root counts once."""
    with pytest.raises(ValidationError):
        NodeFounded.model_validate(charter().facts().to_json() | change)


# -- requests ------------------------------------------------------------------------------


def test_a_request_is_read_as_it_was_written_only() -> None:
    """Canonical bytes, its own type, no member more."""
    body = asked().payload()
    assert read_request(body + b"\n", "f") == (asked(), None)
    envelope = approved(asked(), None, ROOTS[0])
    assert read_request(envelope.to_json(), "f") == (asked(), envelope)
    assert approved(asked(), envelope, ROOTS[0]) == envelope
    spaced = json.dumps(json.loads(body)).encode()
    more = body[:-1] + b',"x":1}'
    other = Envelope.signed(ROOTS[0], STATEMENT, body).to_json()
    hidden = Envelope.signed(ROOTS[0], "application/vnd.credit-ledger.statement.v1+json", spaced)
    for wrong in (b"", b"{}", b"[]", spaced, more, other, hidden.to_json(), b"\xff", b"[" * 70_000):
        with pytest.raises(RequestUnreadable):
            read_request(wrong, "f")


# -- decisions ------------------------------------------------------------------------------

NODE = Actor("xiamen", "op-1")
TODAY = day("2026-03-09")
SINCE = datetime(2026, 3, 5, tzinfo=UTC)


def decided(
    known: Registry, command: CompromiseKey | RetireKey, covered: int | None = None
) -> Facts:
    def evidence(since: datetime) -> tuple[int, str] | None:
        assert since == SINCE
        return None if covered is None else (covered, HEAD)

    (event,) = decide_governance(command, known, NODE, TODAY, evidence)
    return event.facts


def compromised(since: datetime = SINCE, keyid: str = OLD.keyid) -> CompromiseKey:
    return CompromiseKey(keyid=keyid, since=since)


def test_the_date_of_a_compromise_is_judged_by_evidence_alone() -> None:
    """Size and digest of what somebody else dated; without it nothing is covered."""
    bare = decided(registry(), compromised())
    proved = decided(registry(), compromised(), 3)
    assert bare == KeyCompromised(keyid=OLD.keyid, since=SINCE)
    assert proved == KeyCompromised(keyid=OLD.keyid, since=SINCE, covered=3, evidence=HEAD)
    known = registry(bare).compromises_known()
    assert known.taint(OLD.keyid, 0) is not None
    assert known.taint(NEW.keyid, 0) is None
    better = registry(bare, proved).compromises_known()
    assert (better.taint(OLD.keyid, 2), better.taint(OLD.keyid, 3) is None) == (None, False)
    with pytest.raises(ValidationError):
        KeyCompromised(keyid=OLD.keyid, since=SINCE, covered=3)


def refused(error: type[Refusal], known: Registry, command: CompromiseKey | RetireKey) -> None:
    with pytest.raises(error):
        decide_governance(command, known, NODE, TODAY)


def test_declarations_that_change_nothing_or_cannot_be_are_refused() -> None:
    """Unknown keys, days to come, and what was declared already."""
    refused(NodeKeyUnknown, registry(), compromised(keyid=NEW.keyid))
    refused(SinceInFuture, registry(), compromised(SINCE + timedelta(days=9)))
    known = registry(decided(registry(), compromised()))
    refused(DeclaredAlready, known, compromised())
    refused(DeclaredAlready, known, compromised(SINCE + timedelta(seconds=1)))
    assert decided(known, compromised(), 2).to_json()["covered"] == 2


def test_a_compromise_cannot_begin_later_today() -> None:
    """Instants are compared, not days."""
    noon = SINCE + timedelta(hours=12)
    command = compromised(noon)
    for late, now in ((True, noon - timedelta(seconds=1)), (False, noon)):
        with pytest.raises(SinceInFuture) if late else nullcontext():
            decide_governance(command, registry(), NODE, day("2026-03-05"), now=now)


def test_a_good_key_declares_again_what_a_stolen_one_said_of_itself() -> None:
    """The thief's word blocks nothing, however early and however much covered."""
    early = KeyCompromised(keyid=OLD.keyid, since=FROM, covered=9, evidence=HEAD)
    new = introducing(NEW.public, NODE_PURPOSES, FROM)
    facts = [charter().facts(), introducing(OLD.public, NODE_PURPOSES, FROM), new, early]
    signers = ["", "", "", OLD.keyid]
    known = Registry().fold(
        replace(entry(each, index=i, seq=i + 1), keyid=signer)
        for i, (each, signer) in enumerate(zip(facts, signers, strict=True))
    )
    assert known.compromises_known().by_key[OLD.keyid].covered == 0
    assert decided(known, compromised(), 2).to_json()["covered"] == 2
    alone = Registry().fold(
        replace(entry(each, index=i, seq=i + 1), keyid=signer)
        for i, (each, signer) in enumerate(
            zip([*facts[:2], early], ["", "", OLD.keyid], strict=True)
        )
    )
    refused(DeclaredAlready, alone, compromised())


def test_a_key_is_retired_once_and_never_the_last() -> None:
    """Of keys that sign entries one stays."""
    retire = RetireKey(keyid=OLD.keyid, from_=SINCE)
    refused(OnlyKey, registry(), retire)
    two = registry(introducing(NEW.public, NODE_PURPOSES, FROM))
    facts = decided(two, retire)
    assert facts == KeyRetired(keyid=OLD.keyid, from_=SINCE)
    refused(KeyEndedAlready, registry(introducing(NEW.public, NODE_PURPOSES, FROM), facts), retire)
    refused(NodeKeyUnknown, registry(), RetireKey(keyid=STRANGER.keyid, from_=SINCE))


def test_a_rotation_retires_what_it_replaces_after_its_own_instant() -> None:
    """And declares it compromised where that is said; a known key replaces nothing."""
    new = introducing(NEW.public, NODE_PURPOSES, SINCE)
    plain = rotation_facts(Rotation(new, (OLD.keyid,), SINCE), registry(), no_evidence)
    after = SINCE + timedelta(microseconds=1)
    assert plain == [new, KeyRetired(keyid=OLD.keyid, from_=after)]
    stolen = Rotation(new, (OLD.keyid,), SINCE, "x", FROM)
    names = [f.type_name() for f in rotation_facts(stolen, registry(), no_evidence)]
    assert names == ["KeyIntroduced", "KeyRetired", "KeyCompromised"]
    by_old = replace(stolen, by_new_key=False)
    assert rotation_facts(by_old, registry(), no_evidence) == [
        new,
        KeyRetired(keyid=OLD.keyid, from_=after, reason="x"),
    ]
    with pytest.raises(KeyKnownAlready):
        rotation_facts(Rotation(new, (), SINCE), registry(new), no_evidence)
