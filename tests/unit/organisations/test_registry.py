"""Who may act, in which role, with which key, under which rules: by day, half-open."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

import pytest

from ledger.events.base import Facts
from ledger.events.governance import (
    KeyBound,
    KeyCompromised,
    KeyIntroduced,
    KeyRetired,
    KeyUnbound,
    NodeFounded,
    OrganisationAdmitted,
    RoleEnded,
    RoleGranted,
    RulePackAdopted,
)
from ledger.organisations.registry import Registry
from tests.unit.subject.made import day, entry, instant_on

RAW = bytes(range(32))
PUBLIC = base64.b64encode(RAW).decode()
KEYID = "b" * 64
SUPPLIER = frozenset({"supplier"})


def folded(*facts: Facts) -> Registry:
    return Registry().fold(entry(each, index=i, seq=i + 1) for i, each in enumerate(facts))


def admitted(from_: str = "2026-01-01") -> OrganisationAdmitted:
    return OrganisationAdmitted(organisation="ONE", name="示例", from_=day(from_))


def granted(from_: str, until: str | None = None) -> RoleGranted:
    ends = None if until is None else day(until)
    return RoleGranted(organisation="ONE", role="supplier", from_=day(from_), until=ends)


def ended(on: str) -> RoleEnded:
    return RoleEnded(organisation="ONE", role="supplier", on=day(on))


@pytest.mark.parametrize(
    ("facts", "held", "not_held"),
    [
        ((granted("03-01", "03-10"),), ["03-01", "03-09"], ["02-28", "03-10"]),
        ((granted("03-01"), ended("03-05")), ["03-04"], ["03-05", "12-31"]),
        ((granted("03-01", "03-10"), ended("03-20")), ["03-09"], ["03-10", "03-15"]),
        (
            (granted("03-01"), ended("03-05"), granted("03-08")),
            ["03-04", "03-08", "12-31"],
            ["03-05", "03-07"],
        ),
        ((granted("2025-12-01"),), ["01-01"], ["2025-12-31"]),
        ((), [], ["03-01"]),
    ],
)
def test_role_is_held_from_its_day_until_before_its_last(
    facts: tuple[Facts, ...], held: list[str], not_held: list[str]
) -> None:
    """``[from, until)``; ended on a day, it is gone on that day; never before admission."""
    registry = folded(admitted(), *facts)
    for each in held:
        assert registry.has_role("ONE", SUPPLIER, day(each)), each  # type: ignore[arg-type]
    for each in not_held:
        assert not registry.has_role("ONE", SUPPLIER, day(each)), each  # type: ignore[arg-type]
    assert not registry.has_role("ONE", frozenset({"reviewer"}), day("03-05"))
    assert not registry.has_role("TWO", SUPPLIER, day("03-05"))  # type: ignore[arg-type]


def bound(from_: str, until: str | None = None) -> KeyBound:
    return KeyBound(
        organisation="ONE",
        keyid=KEYID,
        algorithm="ed25519",
        public_key=PUBLIC,
        from_=day(from_),
        until=None if until is None else day(until),
    )


def test_key_is_bound_by_day() -> None:
    """An organisation's key holds in ``[from, until)``, until unbound, and again when rebound."""
    unbound = KeyUnbound(organisation="ONE", keyid=KEYID, on=day("03-10"))
    registry = folded(admitted(), bound("03-01"), unbound, bound("04-01"))
    one = registry.organisations["ONE"]
    found = one.key_on(KEYID, day("03-09"))
    assert found is not None
    assert found.public_key == RAW
    assert one.key_on(KEYID, day("02-28")) is None
    assert one.key_on(KEYID, day("03-10")) is None
    assert one.key_on(KEYID, day("04-01")) is not None
    assert one.key_on("c" * 64, day("04-01")) is None
    assert (one.seq, registry.index) == (4, 3)


def test_adopted_pack_by_day() -> None:
    """A day is decided by the last pack adopted of those in force by then; none before them."""

    def adopted(digest: str, from_: str) -> RulePackAdopted:
        return RulePackAdopted(pack="p", version="1", digest=digest * 64, in_force_from=day(from_))

    registry = folded(adopted("a", "2004-01-01"), adopted("b", "04-01"), adopted("c", "04-01"))
    found = [registry.pack_in_force(day(each)) for each in ("2003-12-31", "03-31", "04-01")]
    assert [each and each.digest[0] for each in found] == [None, "a", "c"]


def introduced(until: datetime | None = None) -> KeyIntroduced:
    return KeyIntroduced(
        keyid=KEYID,
        algorithm="ed25519",
        public_key=PUBLIC,
        purposes=("entries",),
        from_=instant_on(day("03-01")),
        until=until,
    )


def test_node_key_by_instant_and_never_longer() -> None:
    """Half-open by instant; a later retirement or compromise lengthens nothing."""
    end = instant_on(day("04-01"))
    later = end + timedelta(days=30)
    registry = folded(introduced(end), KeyRetired(keyid=KEYID, from_=later))
    key = registry.node_keys[KEYID]
    assert key.valid_at(instant_on(day("03-01")))
    assert not key.valid_at(instant_on(day("03-01")) - timedelta(microseconds=1))
    assert key.valid_at(end - timedelta(microseconds=1))
    assert not key.valid_at(end)
    early = KeyCompromised(keyid=KEYID, since=instant_on(day("03-05")))
    late = KeyCompromised(keyid=KEYID, since=instant_on(day("03-09")))
    registry = folded(introduced(), early, late, KeyRetired(keyid=KEYID, from_=end))
    (known,) = registry.keys_known()
    assert known.compromised_since == early.since
    assert registry.node_keys[KEYID].until == end


def test_the_first_entry_says_for_ever_which_clock() -> None:
    """A simulated clock stays one, whatever comes after."""
    founded = NodeFounded(name="xiamen", region="350200", clock="simulated")
    registry = folded(founded, admitted(), granted("03-01"))
    assert (registry.name, registry.region, registry.clock) == ("xiamen", "350200", "simulated")
    assert registry.node_seq == 1
