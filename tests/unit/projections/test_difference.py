"""What changed in force, and what changed in knowledge, each with its entries."""

from __future__ import annotations

from datetime import date

from ledger.events.disputes import RulingReversed, SanctionRuledWrongful
from ledger.events.sanctions import EnforcementReported
from projections.difference import Change, Difference, Pair, difference
from projections.history import folded
from projections.reader import Registered, answer
from tests.unit.projections.made import (
    FIRM,
    PROCURER,
    R1,
    R2,
    REVIEWER,
    S1,
    Log,
    basic,
    collected,
    objected,
    suspended,
)

MARCH_15, MARCH_25 = date(2026, 3, 15), date(2026, 3, 25)
OFFICER = Registered(date(2026, 5, 1), "op-9", "核查", "示例法第三条")


def between(log: Log, earlier: tuple[date, int], later: tuple[date, int]) -> Difference:
    known = [each for each in log.entries if each.index < max(earlier[1], later[1])]

    return difference(
        Pair(*earlier, None),
        Pair(*later, None),
        lambda day, size: answer(
            log.entries, FIRM, OFFICER, valid_at=day, known_at=None, tree_size=size
        ),
        known,
        folded(known, FIRM)[1],
    )


def test_the_same_pair_differs_in_nothing() -> None:
    """No change, no entry."""
    found = between(basic(), (MARCH_15, 4), (MARCH_15, 4))
    assert (found.in_knowledge, found.in_force, found.entered) == ((), (), ())


def test_a_record_that_was_not_known_is_a_change_of_knowledge() -> None:
    """Nothing was said of it before; the entry that collected it is named."""
    log = basic().add(date(2026, 4, 1), collected(R2))
    found = between(log, (MARCH_15, 4), (MARCH_15, 5))
    assert found.in_knowledge == (Change("record", R2, "state", None, "valid", (4,)),)
    assert [each.index for each in found.entered] == [4]


def test_a_reversal_names_its_entry_although_no_state_rests_on_it() -> None:
    """The ruling is taken back: the state is the old one, the cause is the reversal."""
    log = basic().add(
        date(2026, 4, 1),
        SanctionRuledWrongful(
            sanction=S1, authority=REVIEWER, ruled_on=date(2026, 4, 1),
            wrong_from=date(2026, 3, 9), wrong_until=date(2027, 2, 27),
        ),
    )  # fmt: skip
    log.add(
        date(2026, 4, 2),
        RulingReversed(sanction=S1, authority=REVIEWER, reversed_on=date(2026, 4, 2)),
    )
    found = between(log, (MARCH_15, 5), (MARCH_15, 6))
    assert found.in_knowledge == (Change("sanction", S1, "state", "wrongful", "in_force", (5,)),)


def test_between_days_the_causes_are_those_of_the_later_state() -> None:
    """The objection and the suspension, although both were known for either day."""
    log = basic().add(date(2026, 3, 20), objected(), suspended())
    found = between(log, (MARCH_15, 6), (MARCH_25, 6))
    assert found.in_knowledge == ()
    assert found.in_force == (
        Change("record", R1, "state", "valid", "disputed", (1, 4)),
        Change("sanction", S1, "state", "in_force", "suspended", (1, 3, 4, 5)),
    )


def test_an_enforcers_word_is_a_change_of_its_own() -> None:
    """The state stays; the last report does not."""
    report = EnforcementReported(
        sanction=S1, enforcer=PROCURER, on=date(2026, 3, 20), state="still_enforcing"
    )
    log = basic().add(date(2026, 3, 20), report)
    expected = Change("sanction", S1, "enforcement", None, "still_enforcing", (4,))
    assert between(log, (MARCH_15, 5), (MARCH_25, 5)).in_force == (expected,)
    assert between(log, (MARCH_25, 4), (MARCH_25, 5)).in_knowledge == (expected,)


def test_the_second_pair_may_know_less() -> None:
    """The same changes the other way round, with the entries that are no more known of."""
    report = EnforcementReported(
        sanction=S1, enforcer=PROCURER, on=date(2026, 3, 20), state="still_enforcing"
    )
    log = basic().add(date(2026, 3, 20), objected(), suspended(), report)
    log.add(date(2026, 4, 1), collected(R2))
    forth = between(log, (MARCH_25, 1), (MARCH_25, 8))
    back = between(log, (MARCH_25, 8), (MARCH_25, 1))
    assert [each.index for each in back.entered] == [each.index for each in forth.entered]
    turned = [each._replace(before=each.after, after=each.before) for each in forth.in_knowledge]
    assert list(back.in_knowledge) == turned
    assert {(each.about, each.id, each.before) for each in back.in_knowledge} == {
        ("record", R1, "disputed"),
        ("record", R2, "valid"),
        ("sanction", S1, "suspended"),
        ("sanction", S1, "still_enforcing"),
    }
