"""Whoever has the node's key and its database: what he enters covers, ends and blocks nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.entry import Actor
from ledger.events.base import Facts
from ledger.events.governance import KeyCompromised
from ledger.organisations.decide import Acts
from ledger.stamping import FixedClock, NodeSealing
from tests.integration.driving import Founded
from tests.integration.material import FIRM, OFFICER, OTHER_FIRM, SUPPLIER, at, by, collect
from tests.integration.test_compromise_evidence import SINCE, Pair, applied, pair, sanctioned
from tests.integration.test_keys import current
from tests.integration.test_keys_and_checkpoints import verdict

__all__ = ["pair"]


def entered(node: Founded, when: str, *facts: Facts) -> None:
    """Appended to the node's stream past every rule, under the key in use."""
    with node.opened() as opened:
        acts = Acts(opened.registry(), Actor(opened.name, "thief"))
        for each in facts:
            acts.on_node(each, opened.name)
        instant = datetime.fromisoformat(when).astimezone(UTC)
        sealing = NodeSealing(opened.signing_key, FixedClock(instant))
        opened.store.append(opened.application.encode(acts.events), sealing=sealing)
        opened.wrote()


def claimed(keyid: str, day: int, **more: object) -> KeyCompromised:
    since = datetime(2026, 3, day, tzinfo=UTC)
    return KeyCompromised.model_validate({"keyid": keyid, "since": since, **more})


EVERYTHING = {"covered": 10**9, "evidence": "ab" * 32}


def case(pair: Pair) -> tuple[str, int]:
    """One sanction before the cosignature and one after it; the key, and what is covered."""
    applied(pair, sanctioned(1, FIRM, ("03-02", "03-03", "03-09")))
    first = pair.cosigned(at("03-15"), at("03-16"))
    applied(pair, sanctioned(2, OTHER_FIRM, ("03-17", "03-18", "03-24")))
    return current(pair.log), first


def stated(pair: Pair, of: str, *options: str) -> tuple[str, str]:
    """The verdict on a statement about what is known now, by a reader who counts the same witness
    and asks no cosignature of the newest checkpoint: by file that would come too late."""
    trust, path = pair.folder / "trust", pair.folder / "statement"
    for each in (trust, path):
        each.unlink(missing_ok=True)
    pair.done("trust", "export", "-o", trust)
    trust.write_text(trust.read_text().replace("quorum w0", "quorum none"))
    pair.done("history", of, *OFFICER, *options, "--statement", path)
    return verdict(trust, path)


def rotated(pair: Pair, key: str) -> None:
    pair.done("key", "rotate", "--compromised-since", SINCE, "--at", at("04-01"))
    del key


def declared_then_rotated(pair: Pair, key: str) -> None:
    pair.done("key", "compromised", key, "--since", SINCE, "--at", at("04-01"))
    pair.done("key", "rotate", "--at", at("04-01"))
    pair.done("key", "compromised", key, "--since", SINCE, "--at", at("04-02"))


def rotated_then_declared(pair: Pair, key: str) -> None:
    pair.done("key", "rotate", "--at", at("04-01"))
    pair.done("key", "compromised", key, "--since", SINCE, "--at", at("04-01"))


def forestalled(pair: Pair, key: str) -> None:
    """The thief declared his own key first: since the beginning, and all of it covered."""
    own = claimed(key, 1, **EVERYTHING).model_copy(update={"since": datetime(1, 1, 1, tzinfo=UTC)})
    entered(pair.log, at("03-30"), own)
    rotated(pair, key)


@pytest.mark.parametrize(
    "declare", [rotated, declared_then_rotated, rotated_then_declared, forestalled]
)
def test_however_it_is_declared_the_same_stands_and_can_be_verified(
    pair: Pair, declare: Callable[[Pair, str], None]
) -> None:
    """The declaration is the new key's: what others dated before it keeps its effect, all else is in
    doubt, and a statement on either is verified by a reader with the same witness."""
    key, first = case(pair)
    declare(pair, key)
    with pair.log.opened() as node:
        known = node.registry().compromises_known()
        assert known.firm == {key}
        assert (known.by_key[key].covered, first) == (first, first)
    asked = ("--valid-at", "2026-04-03")
    assert pair.states(FIRM, *asked) == ("valid", "in_force")
    assert pair.states(OTHER_FIRM, *asked) == ("disputed", "suspended")
    dated = ("VALID_HISTORICAL", "dated_before_compromise")
    assert stated(pair, FIRM, *asked) == dated
    assert stated(pair, OTHER_FIRM, *asked) == ("VALID", "verified")


def test_a_keys_own_word_doubts_all_that_it_signed_and_is_verified(pair: Pair) -> None:
    """Declared, then rotated, and nothing more: fail closed, and the new key can state it."""
    key, _ = case(pair)
    done = pair.done("key", "compromised", key, "--since", SINCE, "--at", at("04-01"))
    assert "again" in done.err
    pair.done("key", "rotate", "--at", at("04-01"))
    asked = ("--valid-at", "2026-04-03")
    assert pair.states(FIRM, *asked) == ("disputed", "suspended")
    assert stated(pair, FIRM, *asked) == ("VALID", "verified")


def test_a_node_that_says_all_was_covered_is_not_believed(pair: Pair) -> None:
    """Under its new key it can say so; the reader's witness dates nothing of the kind."""
    applied(pair, sanctioned(1, FIRM, ("03-02", "03-03", "03-09")))
    key = current(pair.log)
    pair.done("key", "rotate", "--at", at("04-01"))
    entered(pair.log, at("04-02"), claimed(key, 1, **EVERYTHING))
    assert pair.states(FIRM, "--valid-at", "2026-04-03") == ("valid", "in_force")
    assert stated(pair, FIRM) == ("INDETERMINATE", "compromised_undated")
    assert [fault["kind"] for fault in pair.faults()] == ["bad_evidence"]


def test_any_number_of_declarations_keeps_nobody_from_a_statement(pair: Pair) -> None:
    """Those that decide are shown, and no others."""
    key, _ = case(pair)
    start = datetime(2026, 3, 8, tzinfo=UTC)
    flood = (claimed(key, 1).model_copy(update={"since": start - timedelta(hours=n)})
             for n in range(101))  # fmt: skip
    entered(pair.log, at("03-30"), *flood)
    pair.done("key", "rotate", "--at", at("04-01"))
    path = pair.folder / "statement"
    pair.done("history", FIRM, *OFFICER, "--valid-at", "2026-04-02", "--statement", path)
    pair.done("key", "compromised", key, "--since", SINCE, "--at", at("04-02"))
    path.unlink()
    pair.done("history", FIRM, *OFFICER, "--valid-at", "2026-04-02", "--statement", path)


def test_the_public_is_not_shown_what_a_stolen_key_published(pair: Pair, tmp_path: Path) -> None:
    """A correction to public, and one to a longer publication: on the day of asking neither is."""
    labels = ("--labels", tmp_path / "labels.json")
    lines = [
        collect(1, publish_until="2026-06-01") | {"as": "R1", "at": at("03-02")},
        collect(2, publicity="authorised", publish_until=None) | {"as": "R2", "at": at("03-02")},
    ]
    assert pair.log.apply(tmp_path, lines, *labels).code == 0
    pair.cosigned(at("03-15"), at("03-16"))
    changes = {
        "@R1": {"publish_until": "2027-02-27"},
        "@R2": {"publicity": "public", "publish_from": "2026-03-05", "publish_until": "2027-02-01"},
    }
    worse = [
        {"command": "correct_record", "by": by(SUPPLIER), "record": record, "changes": change,
         "cause": "supplier_error", "authority": "局", "corrected_on": "2026-03-22",
         "at": at("03-22")}
        for record, change in changes.items()
    ]  # fmt: skip
    done = pair.log.apply(tmp_path, worse, *labels)
    assert done.code == 0, done.out

    def shown(day: str) -> int:
        admit = ("organisation", "admit", "--id", f"X{day}", "--name", "某", "--role", "supplier")
        pair.done(*admit, "--at", at(day))
        asked = pair.done("history", FIRM, "--json", "--valid-at", f"2026-{day}")
        return len(asked.json["records"])

    assert shown("03-31") == 2
    pair.done("key", "rotate", "--compromised-since", SINCE, "--at", at("04-01"))
    assert shown("04-03") == 1
    assert shown("06-01") == 0
