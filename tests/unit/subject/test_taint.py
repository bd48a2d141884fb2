"""What entries of a compromised key do no more, and what brings it back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ledger.commands import subject_commands as commands
from ledger.events import EVENT_TYPES
from ledger.events.base import Facts
from ledger.events.disputes import ObjectionDecided, RulingReversed, SanctionRuledWrongful
from ledger.events.records import RecordCorrected
from ledger.events.sanctions import SanctionResumed
from ledger.events.subjects import IdentifierCorrected
from ledger.organisations.node_keys import Compromise, Compromises
from ledger.subject.refusals import (
    AlreadyEnded,
    NotConfirmed,
    NoticeNotServed,
    RecordCannotBear,
)
from ledger.subject.taint import ADVERSE, FAVOURABLE, favours
from projections.answer import Answer
from projections.history import History, history
from projections.reader import Public, Reader, Registered
from projections.reader import answer as answered
from tests.unit.projections.made import (
    FIRM,
    O1,
    OTHER_FIRM,
    R1,
    R2,
    R3,
    REVIEWER,
    S1,
    SUPPLIER,
    Log,
    basic,
    collected,
    imposed,
    lifted,
    noticed,
    objected,
    opened,
    suspended,
    withdrawn,
)
from tests.unit.subject.made import Scene, answer, decision, disputed, impose, notice
from tests.unit.subject.made import told as told_of

BAD, GOOD = "b" * 64, "c" * 64
DECLARED = 90
"""The leaf of the declaration: after everything."""
KNOWN_ON = date(2026, 6, 1)


def compromise(covered: int = 0, *, index: int = DECLARED, since: int = 1) -> Compromise:
    return Compromise(BAD, datetime(2026, 1, since, tzinfo=UTC), covered, index, KNOWN_ON)


def told(
    log: Log,
    *,
    good: Collection[int] = (),
    covered: int = 0,
    valid_at: date = date(2026, 7, 1),
    subject: object = FIRM,
) -> History:
    """As known after the declaration; entries not in ``good`` are of the compromised key."""
    entries = [replace(e, keyid=GOOD if e.index in good else BAD) for e in log.entries]
    known = Compromises.known([compromise(covered)])
    assert subject in {FIRM, OTHER_FIRM}
    whom = FIRM if subject == FIRM else OTHER_FIRM
    return history(entries, whom, valid_at=valid_at, compromises=known)


def state(told_: History) -> tuple[str, str]:
    return told_.records[0].state, told_.sanctions[0].state


def rejected(on: date) -> ObjectionDecided:
    return ObjectionDecided(objection=O1, outcome="rejected", reviewer=REVIEWER, decided_on=on)


def resumed(on: date) -> SanctionResumed:
    return SanctionResumed(sanction=S1, confirmation=O1, from_=on)


def corrected(**new: object) -> RecordCorrected:
    changes = [{"field": field, "old": "9999", "new": value} for field, value in new.items()]
    return RecordCorrected.model_validate(
        {"record": R1, "changes": changes, "cause": "own_check", "corrected_on": "2026-04-01"}
    )


def disputed_log(until: date = date(2026, 4, 10)) -> Log:
    """R1, its notice, S1; disputed (leaves 4, 5), confirmed (6) and resumed (7)."""
    return (
        basic()
        .add(date(2026, 3, 20), objected(), suspended())
        .add(until, rejected(until))
        .add(until, resumed(until))
    )


# -- the table ---------------------------------------------------------------------


def test_every_event_of_a_subject_stands_in_the_table_once_with_its_reason() -> None:
    """Whether a tainted entry still counts is decided for each type, and said why."""
    types = {t.type_name() for t in EVENT_TYPES.values() if t.stream_kind == "subject"}
    assert types == ADVERSE.keys() | FAVOURABLE.keys()
    assert not ADVERSE.keys() & FAVOURABLE.keys()
    assert all([*ADVERSE.values(), *FAVOURABLE.values()])


@pytest.mark.parametrize(
    ("field", "old", "new", "expected"),
    [
        ("tier", "serious", "minor", True),
        ("tier", "minor", "serious", False),
        ("tier", "minor", "unheard", False),
        ("publicity", "public", "government", True),
        ("publicity", "government", "public", False),
        ("held_until", "2030-01-01", "2029-01-01", True),
        ("held_until", None, "2029-01-01", True),
        ("held_until", "2030-01-01", "2031-01-01", False),
        ("held_until", "2030-01-01", None, False),
        ("publish_until", "2030-01-01", None, False),
        ("publish_from", "2026-01-01", None, True),
        ("publish_from", "2026-01-01", "2026-02-01", True),
        ("publish_from", None, "2026-02-01", False),
        ("adverse", True, False, True),
        ("adverse", False, True, False),
        ("exemption", None, "force_majeure", True),
        ("exemption", "force_majeure", None, False),
        ("volunteered", False, True, True),
        ("correctable", True, False, False),
        ("amounts", {"fine": "3"}, {"fine": "1"}, False),
        ("document_number", "1", "2", False),
    ],
)
def test_a_correction_favours_only_where_it_can_be_told(
    field: str, old: object, new: object, expected: bool
) -> None:
    """What is not known to be better is taken to be worse."""
    assert favours(field, old, new) is expected


# -- records and sanctions in doubt ----------------------------------------------------


def test_a_tainted_record_is_disputed_and_its_sanction_suspended() -> None:
    """From the legal day of the declaration, because of it."""
    found = told(basic())
    (record,), (sanction,) = found.records, found.sanctions
    assert (record.state, record.since, record.because) == ("disputed", KNOWN_ON, (1, DECLARED))
    assert (sanction.state, sanction.since) == ("suspended", KNOWN_ON)
    assert DECLARED in sanction.because


def test_on_the_days_before_it_neither_is_in_force() -> None:
    """As known after the declaration nothing tainted ever bore a sanction."""
    found = told(basic(), valid_at=date(2026, 4, 1))
    assert state(found) == ("disputed", "suspended")
    assert found.records[0].since == date(2026, 2, 27)
    assert found.sanctions[0].since <= date(2026, 4, 1)


def test_without_the_declaration_everything_is_as_it_was() -> None:
    """Known before it, and under another key, nothing changes."""
    log = basic()
    plain = history(log.entries, FIRM, valid_at=date(2026, 7, 1))
    assert state(plain) == ("valid", "in_force")
    assert state(told(log, good=range(9))) == ("valid", "in_force")
    before = Compromises.known([compromise()], size=DECLARED)
    entries = [replace(entry, keyid=BAD) for entry in log.entries]
    at = date(2026, 7, 1)
    again = history(entries, FIRM, valid_at=at, compromises=before)
    assert (again.records, again.sanctions) == (plain.records, plain.sanctions)


@pytest.mark.parametrize(
    ("covered", "expected"),
    [
        (0, ("disputed", "suspended")),
        (1, ("disputed", "suspended")),
        (2, ("valid", "suspended")),
        (3, ("valid", "suspended")),
        (4, ("valid", "in_force")),
    ],
)
def test_what_independent_evidence_covers_stands(covered: int, expected: tuple[str, str]) -> None:
    """An entry is tainted from the covered size on: leaf 1 is the record, leaf 3 the sanction."""
    assert state(told(basic(), covered=covered)) == expected


def test_a_tainted_sanction_on_a_good_record_is_suspended() -> None:
    """The record stands, the sanction does not."""
    assert state(told(basic(), good=[0, 1, 2])) == ("valid", "suspended")


def test_a_good_sanction_on_a_tainted_record_is_suspended() -> None:
    """It rests on what cannot be believed."""
    assert state(told(basic(), good=[0, 2, 3])) == ("disputed", "suspended")


def test_a_licence_of_a_compromised_key_keeps_what_it_gives() -> None:
    """What is not adverse stands until it is reviewed."""
    log = Log().add(date(2026, 3, 2), opened(), collected(adverse=False, tier="none"))
    assert told(log).records[0].state == "valid"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (withdrawn(), ("withdrawn", "lifted")),
        (lifted(cause="ended_early"), ("disputed", "lifted")),
    ],
)
def test_what_favours_the_subject_stands_though_tainted(
    facts: Facts, expected: tuple[str, str]
) -> None:
    """A withdrawal and a lifting of the compromised key keep their effect."""
    assert state(told(basic().add(date(2026, 5, 1), facts))) == expected


def test_a_tainted_rejection_and_resumption_end_nothing() -> None:
    """The dispute and the suspension go on as if nobody had ended them."""
    found = told(disputed_log(), good=[0, 1, 2, 3, 4, 5])
    assert state(found) == ("disputed", "suspended")
    assert state(told(disputed_log(), good=range(9))) == ("valid", "in_force")


def test_a_tainted_correction_for_the_worse_disputes_the_record() -> None:
    """Told by what the record said before, not by what the correction claims."""
    worse = basic().add(date(2026, 4, 1), corrected(tier="serious"))
    better = basic().add(date(2026, 4, 1), corrected(tier="minor"))
    longer = basic().add(date(2026, 4, 1), corrected(held_until="2040-01-01"))
    assert state(told(worse, good=range(4))) == ("disputed", "suspended")
    assert state(told(longer, good=range(4))) == ("disputed", "suspended")
    assert state(told(better, good=range(4))) == ("corrected", "in_force")


def test_a_tainted_correction_ends_in_good_ones_of_the_same_fields() -> None:
    """A good correction of another field restores nothing."""
    worse = basic().add(date(2026, 4, 1), corrected(tier="serious"))
    other = worse.add(date(2026, 4, 2), corrected(held_until="2030-01-01"))
    assert told(other, good=[0, 1, 2, 3, 5]).records[0].state == "disputed"
    same = other.add(date(2026, 4, 3), corrected(tier="general"))
    assert told(same, good=[0, 1, 2, 3, 5, 6]).records[0].state == "corrected"


def test_a_tainted_correction_back_is_for_the_worse_though_it_was_said_so_once() -> None:
    """Each correction is held against the record as it stood before it."""
    log = basic().add(date(2026, 4, 1), corrected(tier="minor"))
    assert told(log, good=range(5)).records[0].state == "corrected"
    log.add(date(2026, 4, 2), corrected(tier="general"))
    assert told(log, good=range(5)).records[0].state == "disputed"


def test_a_confirmation_ends_the_doubt_of_a_correction_too() -> None:
    """The reviewer confirms the record as it stands."""
    log = basic().add(date(2026, 4, 1), corrected(tier="serious"))
    log.add(date(2026, 4, 2), objected(on=date(2026, 4, 2)))
    log.add(date(2026, 4, 10), rejected(date(2026, 4, 10)))
    assert told(log, good=[0, 1, 2, 3, 5, 6]).records[0].state == "corrected"
    assert told(log, good=[0, 1, 2, 3]).records[0].state == "disputed"


def test_a_tainted_decision_for_the_subject_stands() -> None:
    """An objection upheld by the compromised key takes nothing from the correction after it."""
    upheld = ObjectionDecided(
        objection=O1, outcome="upheld", reviewer=REVIEWER, decided_on=date(2026, 4, 1)
    )
    put_right = RecordCorrected.model_validate(
        corrected(tier="minor").to_json() | {"cause": "objection", "corrected_on": "2026-04-02"}
    )
    log = basic().add(date(2026, 3, 20), objected()).add(date(2026, 4, 1), upheld)
    log.add(date(2026, 4, 2), put_right)
    assert told(log, good=[0, 1, 2, 3, 4, 6]).records[0].state == "corrected"


def test_what_is_entered_after_the_declaration_is_in_doubt_from_its_own_day() -> None:
    """``since`` of a sanction is not before it was imposed."""
    begins = date(2026, 6, 9)
    log = Log().add(date(2026, 3, 2), opened(), collected()).add(date(2026, 3, 3), noticed())
    log.add(begins, imposed(starts_on=begins))
    line = told(log, good=range(3)).sanctions[0]
    assert (line.state, line.since) == ("suspended", begins)


def test_a_tainted_reversal_takes_no_ruling_back() -> None:
    """A sanction ruled wrongful is not in force again by a stolen key."""
    ruled = SanctionRuledWrongful(
        sanction=S1,
        authority=REVIEWER,
        ruled_on=date(2026, 4, 1),
        wrong_from=date(2026, 3, 9),
        wrong_until=date(2027, 2, 27),
    )
    back = RulingReversed(sanction=S1, authority=REVIEWER, reversed_on=date(2026, 5, 1))
    log = basic().add(date(2026, 4, 1), ruled).add(date(2026, 5, 1), back)
    assert told(log, good=range(6)).sanctions[0].state == "in_force"
    assert told(log, good=range(5)).sanctions[0].state == "wrongful"
    again = back.model_copy(update={"reversed_on": date(2026, 6, 5)})
    log.add(date(2026, 6, 5), again)
    assert told(log, good=[*range(5), 6]).sanctions[0].state == "in_force"
    assert told(log, good=range(5)).sanctions[0].state == "wrongful"


def test_a_doubt_begins_with_the_act_in_doubt() -> None:
    """Before a tainted resumption, rejection or correction everything was as it was."""
    log = disputed_log()
    for day, expected in (
        (date(2026, 3, 5), ("valid", "not_started")),
        (date(2026, 3, 15), ("valid", "in_force")),
        (date(2026, 3, 25), ("disputed", "suspended")),
        (date(2026, 4, 15), ("disputed", "suspended")),
    ):
        assert state(told(log, good=range(6), valid_at=day)) == expected
    longer = basic().add(date(2026, 4, 1), corrected(held_until="2040-01-01"))
    before = told(longer, good=range(4), valid_at=date(2026, 3, 15))
    assert state(before) == ("valid", "in_force")


def test_an_act_after_the_declaration_is_in_doubt_from_its_own_day() -> None:
    """What a stolen key signs on with changes nothing of the days before."""
    log = basic().add(date(2026, 6, 20), corrected(tier="serious"))
    facts = log.entries[-1].facts.to_json() | {"corrected_on": "2026-06-20"}
    log.entries[-1] = replace(log.entries[-1], facts=RecordCorrected.model_validate(facts))
    assert state(told(log, good=range(4), valid_at=date(2026, 6, 10))) == ("valid", "in_force")
    found = told(log, good=range(4), valid_at=date(2026, 6, 25))
    assert (found.records[0].state, found.records[0].since) == ("disputed", date(2026, 6, 20))


def test_a_sanction_that_has_not_begun_is_not_suspended_yet() -> None:
    """In doubt it is from its first day on."""
    begins = date(2026, 8, 1)
    log = Log().add(date(2026, 3, 2), opened(), collected()).add(date(2026, 3, 3), noticed())
    log.add(date(2026, 3, 9), imposed(starts_on=begins))
    assert told(log, good=range(3)).sanctions[0].state == "not_started"
    line = told(log, good=range(3), valid_at=begins).sanctions[0]
    assert (line.state, line.since) == ("suspended", begins)


def test_what_a_tainted_correction_made_worse_is_as_it_was() -> None:
    """Longer held, longer published, for more eyes: none of it, on any day; what it made better
    stands, and a confirmation under a good key takes all of it."""
    log = basic().add(
        date(2026, 4, 1),
        corrected(held_until="2040-01-01", tier="minor", publicity="public"),
    )
    found = told(log, good=range(4), valid_at=date(2032, 1, 1))
    assert found.records[0].state == "expired"
    assert found.sanctions[0].state == "ended"
    confirmed = log.add(date(2026, 6, 3), objected(on=date(2026, 6, 3))).add(
        date(2026, 6, 10), rejected(date(2026, 6, 10))
    )
    good = [0, 1, 2, 3, 5, 6]
    assert told(confirmed, good=good, valid_at=date(2032, 1, 1)).records[0].state == "corrected"


def test_each_tainted_correction_is_held_against_what_is_believed() -> None:
    """Not against the worse one before it: two steps up and one down are one step up."""
    log = Log().add(date(2026, 3, 2), opened(), collected(held_until="2028-01-01"))
    log.add(date(2026, 4, 1), corrected(held_until="2040-01-01"))
    log.add(date(2026, 4, 2), corrected(held_until="2035-01-01"))
    assert told(log, good=range(2), valid_at=date(2029, 1, 1)).records[0].state == "expired"


def test_a_tainted_correction_that_closes_a_dispute_ends_none() -> None:
    """However much it favours the subject otherwise."""
    upheld = ObjectionDecided(
        objection=O1, outcome="upheld", reviewer=REVIEWER, decided_on=date(2026, 4, 1)
    )
    facts = corrected(tier="minor").to_json() | {"cause": "objection"}
    log = basic().add(date(2026, 3, 20), objected()).add(date(2026, 4, 1), upheld)
    log.add(date(2026, 4, 2), RecordCorrected.model_validate(facts))
    assert told(log, good=range(7)).records[0].state == "corrected"
    assert told(log, good=range(6)).records[0].state == "disputed"


def test_a_sanction_on_a_tainted_notice_alone_is_suspended() -> None:
    """Nobody else says that the subject was told; a good notice of that time, or a resumption
    under a good key, ends it."""
    log = basic()
    assert state(told(log, good=[0, 1, 3])) == ("valid", "suspended")
    assert told(log, good=[0, 1, 3], valid_at=date(2026, 3, 5)).sanctions[0].state == "not_started"
    noticed_too = basic().add(date(2026, 3, 10), noticed(on=date(2026, 3, 4)))
    assert state(told(noticed_too, good=[0, 1, 3, 4])) == ("valid", "in_force")
    late = basic().add(date(2026, 6, 5), noticed(on=date(2026, 6, 5)))
    assert state(told(late, good=[0, 1, 3, 4])) == ("valid", "suspended")
    late.add(date(2026, 6, 9), resumed(date(2026, 6, 9)))
    assert state(told(late, good=[0, 1, 3, 4, 5])) == ("valid", "in_force")


def test_a_tainted_tie_brings_no_record_of_another_identifier() -> None:
    """Each stream's own record stands for its own identifier, and is disputed for the other."""
    tie = IdentifierCorrected(
        old_subject=str(FIRM), new_subject=str(OTHER_FIRM), reason="重错码", authority="示例"
    )
    log = basic().add(date(2026, 3, 2), opened(), subject=OTHER_FIRM)
    log.add(date(2026, 4, 1), tie).add(date(2026, 4, 1), tie, subject=OTHER_FIRM)
    good = range(5)
    assert state(told(log, good=good)) == ("valid", "in_force")
    assert state(told(log, good=good, subject=OTHER_FIRM)) == ("disputed", "suspended")
    assert state(told(log, good=range(9), subject=OTHER_FIRM)) == ("valid", "in_force")


# -- what ends the doubt -----------------------------------------------------------------


def test_a_reviewers_confirmation_under_a_good_key_restores() -> None:
    """The record from the day decided, the sanction from the day resumed; not before."""
    log = disputed_log(date(2026, 6, 10))
    good = [6, 7]
    assert state(told(log, good=good)) == ("valid", "in_force")
    assert state(told(log, good=good, valid_at=date(2026, 6, 9))) == ("disputed", "suspended")
    assert state(told(log, good=good, valid_at=date(2026, 3, 15))) == ("disputed", "suspended")
    assert state(told(log, good=[6])) == ("valid", "suspended")


def test_a_record_withdrawn_and_collected_again_stands() -> None:
    """The supplier collects it under a good key; a new sanction can rest on it."""
    second, again = "00000000-0000-7000-8000-000000000002", "00000000-0000-7000-8000-00000000000c"
    log = (
        basic()
        .add(date(2026, 6, 2), withdrawn())
        .add(date(2026, 6, 2), collected(second))
        .add(date(2026, 6, 3), noticed(second, date(2026, 6, 3)))
        .add(date(2026, 6, 9), imposed(again, second, starts_on=date(2026, 6, 9)))
    )
    found = told(log, good=[4, 5, 6, 7])
    assert [line.state for line in found.records] == ["withdrawn", "valid"]
    assert [line.state for line in found.sanctions] == ["lifted", "in_force"]


def test_of_several_declarations_the_earliest_counts_with_its_best_evidence() -> None:
    """Evidence found later gives back what it covers; a later ``since`` gives back nothing."""
    first, later = compromise(since=2), compromise(9, index=91, since=3)
    proved, earlier = compromise(5, index=92, since=2), compromise(1, index=93, since=1)

    def covered(*declared: Compromise, size: int | None = None) -> int:
        return Compromises.known(declared, size).by_key[BAD].covered

    assert covered(first, later) == 0
    assert covered(first, later, proved) == 5
    assert covered(first, later, proved, size=92) == 0
    assert covered(first, later, proved, earlier) == 1


# -- what readers are shown ------------------------------------------------------------------


@pytest.mark.parametrize("reader", [Public(KNOWN_ON), Registered(KNOWN_ON, "op-9", "核查", "法")])
def test_every_reader_is_told_which_declaration_it_is(reader: Reader) -> None:
    """``because`` names the declaration below the size asked for, and no other."""
    entries = [replace(entry, keyid=BAD) for entry in basic().entries]

    def asked(size: int) -> Answer:
        return answered(
            entries,
            FIRM,
            reader,
            valid_at=date(2026, 7, 1),
            known_at=None,
            tree_size=size,
            compromises=[compromise()],
        )

    assert asked(DECLARED + 1).records[0].because == (1, DECLARED)
    assert asked(DECLARED + 1).sanctions[0].state == "suspended"
    assert (asked(DECLARED).records[0].state, asked(DECLARED).records[0].because) == ("valid", (1,))


@pytest.mark.parametrize("known_before", [False, True])
def test_nobody_is_shown_what_a_stolen_key_made_public(known_before: bool) -> None:
    """Not as known before the declaration either: what is shown is decided today."""
    log = Log().add(date(2026, 3, 2), opened(), collected(publicity="authorised"))
    log.add(date(2026, 3, 2), collected(R2, publicity="government"))
    log.add(date(2026, 3, 2), collected(R3, adverse=False, tier="none", publicity="authorised"))
    for record in (R1, R2, R3):
        facts = corrected(publicity="public", publish_until="2040-01-01").to_json()
        log.add(date(2026, 4, 1), RecordCorrected.model_validate(facts | {"record": record}))

    def shown(reader: Reader, bad: int) -> list[str]:
        entries = [replace(e, keyid=BAD if e.index >= bad else GOOD) for e in log.entries]
        size = len(entries) if known_before else DECLARED + 1
        made = answered(entries, FIRM, reader, valid_at=KNOWN_ON, known_at=None, tree_size=size,
                        compromises=[compromise()])  # fmt: skip
        return [line.record for line in made.records]

    partner = Registered(KNOWN_ON, "op-9", "核查", "法", SUPPLIER)
    assert shown(Public(KNOWN_ON), 99) == shown(partner, 99) == [R1, R2, R3]
    assert shown(Public(KNOWN_ON), 4) == []
    assert shown(partner, 4) == [R1, R3]


# -- decisions -----------------------------------------------------------------------------


def declare(scene: Scene, covered: int) -> None:
    """The key that signs the scene's entries is compromised, and known to be."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    scene.registry.compromises.append(Compromise("", since, covered, DECLARED, scene.today))


def test_no_new_sanction_rests_on_a_tainted_record() -> None:
    """Refused as on any disputed record; what evidence covers still bears one."""
    scene = Scene()
    record = told_of(scene)
    declare(scene, 0)
    refusal = scene.refuses(RecordCannotBear, "BUYER", impose(record), on="03-09")
    assert refusal.fields["state"] == "disputed"
    scene.registry.compromises.clear()
    declare(scene, len(scene.entries))
    scene.do("BUYER", impose(record), on="03-09")


def test_no_new_sanction_rests_on_a_tainted_notice() -> None:
    """Whether the subject was told is not believed either; telling again helps."""
    scene = Scene()
    record = told_of(scene)
    declare(scene, len(scene.entries) - 1)
    scene.refuses(NoticeNotServed, "BUYER", impose(record), on="03-09")
    scene.registry.compromises.clear()
    scene.do("SUPPLIER", notice(record, "2026-03-08"), on="03-09")
    declare(scene, 0)
    scene.registry.compromises[0] = replace(scene.registry.compromises[0], keyid="other")
    scene.do("BUYER", impose(record), on="03-09")


def test_no_sanction_is_resumed_on_a_tainted_confirmation() -> None:
    """The rejection of the objection must be believed, too."""
    scene = Scene()
    _, sanction, key = disputed(scene)
    scene.do("SUPPLIER", answer(key, "confirmed", "2026-03-25"), on="03-25")
    scene.do("REVIEW", decision(key, "rejected", "2026-03-26"), on="03-26")
    declare(scene, len(scene.entries) - 1)
    resume = commands.ResumeSanction(sanction=sanction)
    scene.refuses(RecordCannotBear, "BUYER", resume, on="03-27")
    scene.registry.compromises.clear()
    scene.do("BUYER", resume, on="03-27")


def test_a_sanction_in_doubt_is_resumed_under_a_good_key() -> None:
    """Nothing suspended it but the doubt: no objection need be rejected. What was never in
    doubt is not resumed."""
    scene = Scene()
    record = told_of(scene)
    sanction = scene.do("BUYER", impose(record), on="03-09")
    resume = commands.ResumeSanction(sanction=str(sanction))
    scene.refuses(AlreadyEnded, "BUYER", resume, on="03-10")
    declare(scene, len(scene.entries) - 1)
    foreign = commands.ResumeSanction(sanction=str(sanction), confirmation=O1)
    scene.refuses(NotConfirmed, "BUYER", foreign, on="03-10")
    scene.do("BUYER", resume, on="03-10")


def test_a_sanction_is_not_resumed_before_the_subject_was_told() -> None:
    """The notice that only a stolen key tells of is served again first."""
    scene = Scene()
    record = told_of(scene)
    sanction = scene.do("BUYER", impose(record), on="03-09")
    resume = commands.ResumeSanction(sanction=str(sanction))
    state = scene.subject.state.records[record]
    bad = replace(state.notices[0], keyid="bad")
    state.notices[:] = [bad]
    since = datetime(2026, 1, 1, tzinfo=UTC)
    scene.registry.compromises.append(Compromise("bad", since, 0, DECLARED, scene.today))
    scene.refuses(NoticeNotServed, "BUYER", resume, on="03-10")


def test_a_promise_broken_by_a_stolen_key_may_be_kept() -> None:
    """A good word on it stands; the stolen one blocks nothing."""
    scene = Scene()
    told_of(scene)
    made = commands.MakeCommitment(kind="public", made_to="SHILI", made_on=date(2026, 3, 2))
    key = str(scene.do("SUPPLIER", made, on="03-02"))
    broken = commands.BreakCommitment(commitment=key, on=date(2026, 3, 5))
    scene.do("SUPPLIER", broken, on="03-05")
    keep = commands.KeepCommitment(commitment=key, on=date(2026, 3, 6))
    scene.refuses(AlreadyEnded, "SUPPLIER", keep, on="03-06")
    declare(scene, len(scene.entries) - 1)
    scene.do("SUPPLIER", keep, on="03-06")


def test_what_was_put_back_names_the_declaration() -> None:
    """A state that follows from an earlier field, or from a ruling that stands again, says for
    which declaration."""
    log = basic().add(date(2026, 4, 1), corrected(held_until="2040-01-01"))
    found = told(log, good=range(4), valid_at=date(2032, 1, 1))
    assert found.records[0].state == "expired"
    assert DECLARED in found.records[0].because
    assert (found.sanctions[0].state, DECLARED in found.sanctions[0].because) == ("ended", False)
    ruled = SanctionRuledWrongful(
        sanction=S1,
        authority=REVIEWER,
        ruled_on=date(2026, 4, 1),
        wrong_from=date(2026, 3, 9),
        wrong_until=date(2027, 2, 27),
    )
    back = RulingReversed(sanction=S1, authority=REVIEWER, reversed_on=date(2026, 5, 1))
    log = basic().add(date(2026, 4, 1), ruled).add(date(2026, 5, 1), back)
    line = told(log, good=range(5)).sanctions[0]
    assert (line.state, DECLARED in line.because) == ("wrongful", True)
