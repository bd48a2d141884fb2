"""What passes between nodes about a record, decided: given, received, told, answered."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from ledger.commands import subject_commands as commands
from ledger.errors import Refusal
from ledger.events.exchange import (
    CorrectionNotified,
    EnforcementStatusReceived,
    NoticeReceived,
    RecordReceived,
)
from ledger.events.records import FieldChange
from ledger.events.subjects import PersonalDataErased
from ledger.exchange.judged import (
    DisclosedField,
    ReceivedAcknowledgement,
    ReceivedNotice,
    ReceivedStatus,
)
from ledger.subject import decide_exchange, refusals
from ledger.subject import refusals_exchange as exchange
from ledger.subject.aggregate import Subject
from ledger.subject.decide_received import answer_to, erases, receive_record
from ledger.subject.decide_subject import correct_identifier
from ledger.subject.duties import duties
from tests.unit.subject.conveyed import BUNDLE, Node, both, notice_of, record_of, relayed_of, tell
from tests.unit.subject.made import (
    NO_ID,
    answer,
    collect,
    correct,
    day,
    decision,
    disputed,
    impose,
    mend,
    notice,
    objection,
    repair,
    repair_decision,
    sanctioned,
    told,
    withdraw,
)

AT = datetime(2026, 3, 24, 2, tzinfo=UTC)
OTHER = "c" * 64


@pytest.fixture
def pair() -> tuple[Node, Node, str]:
    """Xiamen, Zhangzhou, and the record that the first gave to the second on 10 March."""
    home, other = Node("xiamen"), Node("zhangzhou", is_open=False)
    record = told(home)
    home.today = day("03-10")
    both(home, other, record)
    return home, other, record


def one_notice(home: Node) -> CorrectionNotified:
    (found,) = home.given_notices()
    return found


def acknowledge(home: Node, told_: CorrectionNotified, **over: Any) -> bool:
    facts: dict[str, Any] = {
        "notice": told_.notice,
        "record": told_.record,
        "verdict": "applied",
        "received_at": AT,
        "onward": (),
        "statuses": (),
        "entries": (),
    }
    attached, by = over.pop("attached", OTHER), over.pop("by", told_.recipient)
    done = decide_exchange.acknowledged(
        home.subject,
        ReceivedAcknowledgement(**(facts | over)),
        recipient=by,
        attached=attached,
        context=home.context("xiamen"),
    )
    home.store()
    return done


def status(
    record: str, state: str | None, on: str | None, node: str = "zhangzhou"
) -> ReceivedStatus:
    reported_on = None if on is None else day(on)
    return ReceivedStatus(node, record, NO_ID, "BUYER", state, reported_on, ())


def states(home: Node) -> list[str]:
    (record,) = home.subject.state.records.values()
    return [duty.state for duty in duties(record, home.today)]


# -- giving ------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["withdrawn", "mended", "disputed", "erased", "expired"])
def test_what_counts_no_more_is_given_to_nobody(act: str) -> None:
    """Withdrawn, mended, disputed, erased, expired: correct it first."""
    home = Node("xiamen")
    record = told(home, held_until="2026-06-01")
    home.today = day("03-20")
    match act:
        case "withdrawn":
            home.do("SUPPLIER", withdraw(record))
        case "mended":
            home.do("SUPPLIER", mend(record, "2026-03-20"))
        case "disputed":
            home.do("CENTRE", objection(record))
        case "erased":
            home.erase(records=(record,))
        case _:
            home.today = day("06-01")
    with pytest.raises(exchange.NotDisclosable, match=act):
        home.give(record, "zhangzhou")


def test_a_record_goes_to_no_node_that_it_came_by(pair: tuple[Node, Node, str]) -> None:
    """Neither to this node itself, nor back to its origin or to a relay."""
    home, other, record = pair
    third = Node("quanzhou", "03-10", is_open=False)
    both(other, third, record)
    for node, target in (
        (home, "xiamen"),
        (other, "xiamen"),
        (third, "xiamen"),
        (third, "zhangzhou"),
    ):
        with pytest.raises(exchange.OnItsPath):
            node.give(record, target)
    assert third.subject.state.records[record].received.facts.path == ("xiamen", "zhangzhou")  # type: ignore[union-attr]


# -- receiving ---------------------------------------------------------------------------


def test_a_received_record_opens_its_subject_and_bears_sanctions(
    pair: tuple[Node, Node, str],
) -> None:
    """With the notice that the origin served; its supplier needs no role here."""
    home, other, record = pair
    assert other.names == ["SubjectOpened", "RecordReceived"]
    received = other.facts[1]
    assert isinstance(received, RecordReceived)
    assert (received.origin, received.sender, received.path) == ("xiamen", None, ("xiamen",))
    other.registry.organisations.pop("SUPPLIER")
    sanction = other.do("BUYER", impose(record, starts_on="2026-03-12"), on="03-12")
    assert other.sanction_state(sanction) == "in_force"
    assert home.names == ["RecordDisclosed"]


def test_without_a_notice_to_the_subject_a_received_record_bears_no_sanction() -> None:
    """Until a later bundle brings it."""
    home, other = Node("xiamen"), Node("zhangzhou", is_open=False)
    record = home.do("SUPPLIER", collect())
    both(home, other, record)
    other.refuses(refusals.NoticeNotServed, "BUYER", impose(record), on="03-09")
    home.do("SUPPLIER", notice(record), on="03-09")
    assert other.take(record_of(home, record), bundle=OTHER) == "held_already"
    assert other.names == ["RecordReceived"]
    other.do("BUYER", impose(record))
    assert other.take(record_of(home, record), bundle=OTHER) == "held_already"
    assert other.names == []


def test_a_record_held_already_is_entered_once(pair: tuple[Node, Node, str]) -> None:
    """Whatever way it comes, also back to its origin; under another origin's name it is refused."""
    home, other, record = pair
    again = record_of(home, record)
    assert (other.take(again), other.names) == ("held_already", [])
    assert (home.take(again), home.names) == ("held_already", [])
    assert other.take(record_of(home, record, path=("xiamen", "quanzhou"))) == "held_already"
    forged = record_of(home, record, path=("quanzhou",))
    for node in (home, other):
        with pytest.raises(exchange.RecordOfAnother):
            node.take(forged)


def test_one_document_has_one_source_here_too(pair: tuple[Node, Node, str]) -> None:
    """The same document collected here, or a person who is not named, is refused as a whole."""
    home, _, record = pair
    other = Node("quanzhou")
    other.do("SUPPLIER", collect())
    with pytest.raises(refusals.AlreadyRecorded):
        other.take(record_of(home, record))
    person = record_of(home, record, kind="natural_person", scheme="resident_id", identifier=None)
    other = Node("quanzhou", is_open=False)
    with pytest.raises(exchange.IdentityWithheld):
        other.take(person)
    assert not other.subject.pending


def test_what_was_disclosed_is_sealed_anew_with_its_salt(pair: tuple[Node, Node, str]) -> None:
    """So that the origin's commitment still matches; under this node's own data keys."""
    home, _, record = pair
    other = Node("quanzhou", is_open=False)
    parties = [{"scheme": "resident_id", "identifier": "made-up"}]
    disclosed = {
        "narrative": DisclosedField("示例", b"n" * 32),
        "parties": DisclosedField(parties, b"p" * 32),
    }
    received = record_of(home, record, disclosed=disclosed)
    receive_record(other.subject, received, other.context("quanzhou"), bundle=BUNDLE)
    narrative, sealed = other.subject.collect_events()[1].secrets
    assert (narrative.field, narrative.value, narrative.salt) == ("narrative", "示例", b"n" * 32)
    assert narrative.keys == (f"record:{record}",)
    assert (sealed.field, sealed.salt, len(sealed.keys)) == ("parties", b"p" * 32, 2)


def test_kept_notices_are_applied_with_the_record(pair: tuple[Node, Node, str]) -> None:
    """In the order of the origin's log, in the transaction of the record."""
    home, _, record = pair
    late = Node("quanzhou", is_open=False)
    received = record_of(home, record)
    home.give(record, "quanzhou", OTHER)
    home.do("CENTRE", objection(record), on="03-20")
    first = notice_of(home, home.given_notices()[1])
    home.do("SUPPLIER", withdraw(record), on="03-21")
    second = notice_of(home, home.given_notices()[1])
    late.today = day("03-25")
    assert late.take(received, second, first) == "accepted"
    assert late.names == ["SubjectOpened", "RecordReceived", "NoticeReceived", "NoticeReceived"]
    assert [f.act for f in late.facts if isinstance(f, NoticeReceived)] == [
        "objection",
        "withdrawal",
    ]
    assert late.record_state(record) == "withdrawn"


def test_what_is_to_be_erased_at_once_is_not_sealed(pair: tuple[Node, Node, str]) -> None:
    """A record whose erasure came before it is taken in without its details."""
    home, _, record = pair
    disclosed = {"narrative": DisclosedField("示例", b"n" * 32)}
    received = record_of(home, record, disclosed=disclosed)
    home.erase(records=(record,))
    late = Node("quanzhou", is_open=False)
    kept = (notice_of(home, one_notice(home)),)
    receive_record(late.subject, received, late.context("quanzhou"), bundle=BUNDLE, kept=kept)
    events = late.subject.collect_events()
    assert [event.secrets for event in events[1:]] == [(), (), ()]
    assert late.subject.state.is_erased(record)


# -- what only the origin may do ------------------------------------------------------------


@pytest.mark.parametrize("what", ["correct", "withdraw", "mend", "publish", "serve", "repair"])
def test_a_received_record_is_its_origins_to_change(
    pair: tuple[Node, Node, str], what: str
) -> None:
    """Also for a body that holds every role here; the refusal names the origin."""
    _, other, record = pair
    command: Any = {
        "correct": correct(record, {"tier": "minor"}, corrected_on="2026-03-10"),
        "withdraw": withdraw(record),
        "mend": mend(record, "2026-03-10"),
        "publish": commands.PublishRecord(record=record, channel="x", on=day("03-10"), basis="x"),
        "serve": notice(record, "2026-03-10"),
        "repair": repair(record, "2026-03-10"),
    }[what]
    by = {"correct": "REVIEW", "withdraw": "REVIEW", "mend": "REVIEW"}.get(what, "CENTRE")
    assert "xiamen" in other.refuses(exchange.OriginDecides, by, command).message("en")


def test_an_objection_made_here_suspends_here_and_is_decided_here(
    pair: tuple[Node, Node, str],
) -> None:
    """Its supplier answers at its own node only; the origin's confirmation does not end it."""
    home, other, record = pair
    both(other, Node("quanzhou", is_open=False), record)
    sanction = other.do("BUYER", impose(record, starts_on="2026-03-12"), on="03-12")
    mine = other.do("CENTRE", objection(record, "2026-03-13"), on="03-13")
    assert (other.sanction_state(sanction), other.given_notices()) == ("suspended", [])
    other.refuses(exchange.OriginDecides, "SUPPLIER", answer(mine, "confirmed", "2026-03-13"))
    theirs = home.do("CENTRE", objection(record, "2026-03-16"), on="03-16")
    tell(home, other, one_notice(home))
    home.do("REVIEW", decision(theirs, "rejected", "2026-03-17"), on="03-17")
    tell(home, other, one_notice(home))
    resume = commands.ResumeSanction(sanction=sanction)
    other.refuses(refusals.ObjectionOpen, "BUYER", resume)
    other.do("REVIEW", decision(mine, "rejected", "2026-03-18"), on="03-18")
    other.do("BUYER", resume)
    assert other.sanction_state(sanction) == "in_force"


def test_a_decision_here_ends_no_dispute_that_a_notice_began(pair: tuple[Node, Node, str]) -> None:
    """Only the origin's own confirmation does."""
    home, other, record = pair
    sanction = other.do("BUYER", impose(record, starts_on="2026-03-12"), on="03-12")
    mine = other.do("CENTRE", objection(record, "2026-03-13"), on="03-13")
    home.do("CENTRE", objection(record, "2026-03-16"), on="03-16")
    tell(home, other, one_notice(home))
    other.do("REVIEW", decision(mine, "rejected", "2026-03-17"), on="03-17")
    assert other.record_state(record) == "disputed"
    other.refuses(refusals.ObjectionOpen, "BUYER", commands.ResumeSanction(sanction=sanction))


# -- notices -----------------------------------------------------------------------------


def test_a_sanction_is_resumed_on_the_origins_confirmation(pair: tuple[Node, Node, str]) -> None:
    """Not before it; and the confirmation alone lets nothing go on."""
    home, other, record = pair
    sanction = other.do("BUYER", impose(record, starts_on="2026-03-12"), on="03-12")
    key = home.do("CENTRE", objection(record), on="03-20")
    tell(home, other, one_notice(home))
    assert other.names == ["NoticeReceived", "SanctionSuspended"]
    assert other.subject.state.sanctions[sanction].spells[0].cause == key
    resume = commands.ResumeSanction(sanction=sanction)
    other.refuses(refusals.ObjectionOpen, "BUYER", resume)
    home.do("REVIEW", decision(key, "rejected", "2026-03-25"), on="03-25")
    tell(home, other, one_notice(home))
    assert other.names == ["NoticeReceived"]
    assert other.sanction_state(sanction) == "suspended"
    other.do("BUYER", resume)
    assert other.facts[0].confirmation == key  # type: ignore[attr-defined]
    assert other.sanction_state(sanction) == "in_force"


def test_a_correction_confirms_nothing(pair: tuple[Node, Node, str]) -> None:
    """What an objection suspended goes on after its rejection only, here as at home."""
    home, other, record = pair
    sanction = other.do("BUYER", impose(record, starts_on="2026-03-12"), on="03-12")
    key = home.do("CENTRE", objection(record), on="03-20")
    tell(home, other, one_notice(home))
    home.do("REVIEW", decision(key, "upheld", "2026-03-24"), on="03-24")
    assert home.given_notices() == []
    command = correct(record, {"legal_basis": "示例条例第二条"}, cause="objection")
    home.do("REVIEW", command, on="03-25")
    assert one_notice(home).about == key
    tell(home, other, one_notice(home))
    assert other.record_state(record) == "corrected"
    other.refuses(refusals.NotConfirmed, "BUYER", commands.ResumeSanction(sanction=sanction))


def test_a_withdrawal_lifts_what_rests_on_the_record_everywhere(
    pair: tuple[Node, Node, str],
) -> None:
    """From the day on which the notice came; and is passed on in the same transaction."""
    home, other, record = pair
    third = Node("quanzhou", "03-10", is_open=False)
    both(other, third, record)
    sanctions = [
        n.do("BUYER", impose(record, starts_on="2026-03-12"), on="03-12") for n in (other, third)
    ]
    home.do("SUPPLIER", withdraw(record), on="04-24")
    first = tell(home, other, one_notice(home))
    assert other.names == ["NoticeReceived", "SanctionLifted", "CorrectionNotified"]
    onward = one_notice(other)
    assert (onward.recipient, onward.relays, onward.acted) == ("quanzhou", first.notice, None)
    third.today = day("04-27")
    assert third.hear(relayed_of(other, onward, first))
    assert third.sanction_state(sanctions[1]) == other.sanction_state(sanctions[0]) == "lifted"
    told_ = third.facts[0]
    assert isinstance(told_, NoticeReceived)
    assert (told_.origin, told_.sender, told_.fault) == ("xiamen", "zhangzhou", "SUPPLIER")


@pytest.mark.parametrize("act", ["mended", "repair"])
def test_a_release_lifts_what_rests_on_the_record(pair: tuple[Node, Node, str], act: str) -> None:
    """From the day of the act at the origin."""
    home, other, record = pair
    sanction = other.do("BUYER", impose(record, starts_on="2026-03-12"), on="03-12")
    if act == "mended":
        home.do("SUPPLIER", mend(record, "2026-12-01"), on="12-01")
    else:
        key = home.do("CENTRE", repair(record, "2026-12-01"), on="12-01")
        home.do("REVIEW", repair_decision(key, "approved", "2026-12-01"))
    given = one_notice(home)
    home.today = day("12-04")
    tell(home, other, given)
    assert other.names == ["NoticeReceived", "SanctionLifted"]
    assert other.facts[1].from_ == day("12-01")  # type: ignore[attr-defined]
    assert other.sanction_state(sanction) == "lifted"


def test_a_correction_lifts_what_the_record_bears_no_more(pair: tuple[Node, Node, str]) -> None:
    """By the measures list, as at home."""
    home, other, record = pair
    sanction = other.do("BUYER", impose(record, starts_on="2026-03-12"), on="03-12")
    home.do("REVIEW", correct(record, {"tier": "minor"}), on="03-25")
    tell(home, other, one_notice(home))
    assert other.names == ["NoticeReceived", "SanctionLifted"]
    assert (other.sanction_state(sanction), other.record_state(record)) == ("lifted", "corrected")


@pytest.mark.parametrize(
    ("field", "new"), [("record", NO_ID), ("supplier", "SECOND"), ("tier", "x")]
)
def test_a_notice_makes_no_other_record_of_it(
    pair: tuple[Node, Node, str], field: str, new: str
) -> None:
    """What says which record it is, and what no record can say, is refused and enters nothing."""
    home, other, record = pair
    home.do("REVIEW", correct(record, {"tier": "minor"}), on="03-25")
    changes = (FieldChange(field=field, old=None, new=new),)
    bent = notice_of(home, one_notice(home), changes=changes)
    with pytest.raises(refusals.UncorrectableField):
        other.hear(bent)
    assert not other.subject.pending


def test_an_act_is_told_once_whatever_way_it_comes(pair: tuple[Node, Node, str]) -> None:
    """Under another notice's id and by another path; of a record not held there is nothing to say."""
    home, other, record = pair
    home.do("CENTRE", objection(record), on="03-20")
    given = one_notice(home)
    tell(home, other, given)
    again = notice_of(home, given, notice=NO_ID, path=("xiamen", "quanzhou"))
    assert (other.hear(again), other.names) == (False, [])
    with pytest.raises(exchange.RecordOfAnother):
        other.hear(notice_of(home, given, path=("quanzhou",)))
    with pytest.raises(exchange.RecordOfAnother):
        home.hear(notice_of(home, given))
    with pytest.raises(refusals.UnknownId):
        other.hear(notice_of(home, given, record=NO_ID))


def test_a_notice_is_not_passed_back(pair: tuple[Node, Node, str]) -> None:
    """A node that it came by is told nothing by those behind it."""
    home, other, record = pair
    third = Node("quanzhou", "03-10", is_open=False)
    both(other, third, record)
    home.give(record, "quanzhou", OTHER)
    home.do("CENTRE", objection(record), on="03-20")
    by_third: ReceivedNotice = notice_of(home, home.given_notices()[0], path=("xiamen", "quanzhou"))
    other.today = home.today
    assert other.hear(by_third)
    assert other.given_notices() == []


def test_an_erasure_destroys_the_keys_here_unless_a_hold_forbids(
    pair: tuple[Node, Node, str],
) -> None:
    """A held record stays, and the node says that it is unable."""
    home, other, record = pair
    other.do("REVIEW", commands.PlaceHold(records=(record,), basis="x"))
    home.erase(records=(record,))
    said = tell(home, other, one_notice(home))
    assert (said.required, other.names) == ("erase", ["NoticeReceived"])
    assert (erases(other.subject, said), answer_to(other.subject, record, "erasure")) == (
        False,
        "unable",
    )
    free = Node("quanzhou", is_open=False)
    free.take(record_of(home, record))
    assert erases(free.subject, said)
    assert free.hear(said)
    assert free.names == ["NoticeReceived", "PersonalDataErased"]
    erased = free.facts[1]
    assert isinstance(erased, PersonalDataErased)
    assert erased.records == (record,)
    assert answer_to(free.subject, record, "erasure") == "applied"
    assert answer_to(Node("longyan").subject, record, "erasure") == "not_held"


@pytest.mark.parametrize(
    ("what", "fields", "told_"),
    [
        ({"subject_itself": True}, (), True),
        ({"persons": (NO_ID,)}, ("parties",), True),
        ({"persons": (NO_ID,)}, ("narrative",), False),
    ],
)
def test_who_holds_what_was_erased_is_told(
    what: dict[str, Any], fields: tuple[str, ...], told_: bool
) -> None:
    """Of a third person's erasure, the recipients of records that left with their parties."""
    home = Node("xiamen")
    record = told(home)
    given = decide_exchange.Disclosure(record, "zhangzhou", BUNDLE, "x", "x", AT, fields)
    decide_exchange.disclose(home.subject, given, home.context("xiamen"))
    home.store()
    home.erase(**what)
    assert bool(home.given_notices()) is told_


def test_a_corrected_identifier_is_told_to_whoever_has_the_records(
    pair: tuple[Node, Node, str],
) -> None:
    """As a correction that changes no fact of the record; the other node corrects its own."""
    home, other, record = pair
    new = Subject(f"subject/{UUID(int=9)}")
    command = commands.CorrectIdentifier(
        new_scheme="uscc", new_identifier="x", reason="x", authority="x"
    )
    correct_identifier(home.subject, new, command, home.context("REVIEW"))
    home.store()
    given = one_notice(home)
    assert (given.act, given.required, home.names[0]) == (
        "correction",
        "replace",
        "IdentifierCorrected",
    )
    tell(home, other, given)
    assert other.record_state(record) == "valid"


# -- answers -----------------------------------------------------------------------------


def test_a_receipt_is_entered_once(pair: tuple[Node, Node, str]) -> None:
    """One for a bundle that was never given is refused."""
    home, _, record = pair

    def receipt(verdict: str, **over: Any) -> bool:
        facts: dict[str, Any] = {
            "record": record,
            "bundle": BUNDLE,
            "recipient": "zhangzhou",
            "received_at": AT,
        }
        done = decide_exchange.receipted(
            home.subject, **(facts | {"verdict": verdict} | over), context=home.context("xiamen")
        )
        home.store()
        return done

    assert [receipt("accepted"), receipt("accepted")] == [True, False]
    for wrong in ({"bundle": OTHER}, {"recipient": "quanzhou"}):
        with pytest.raises(refusals.UnknownId):
            receipt("accepted", **wrong)


@pytest.mark.parametrize(
    ("answered", "gives_anew"), [("not_held", True), ("given_up", True), ("applied", False)]
)
def test_a_late_acceptance_creates_its_duty_at_once(
    pair: tuple[Node, Node, str], answered: str, *, gives_anew: bool
) -> None:
    """For each act since the disclosure whose notice met nothing, and for no other."""
    home, _, record = pair
    home.do("CENTRE", objection(record), on="03-20")
    given = one_notice(home)
    if answered == "given_up":
        decide_exchange.give_up(home.subject, given.notice, "x", home.context("xiamen"))
        home.store()
    else:
        acknowledge(home, given, verdict=answered)
    decide_exchange.receipted(
        home.subject,
        record=record,
        bundle=BUNDLE,
        recipient="zhangzhou",
        received_at=AT,
        verdict="accepted",
        context=home.context("xiamen"),
    )
    home.store()
    anew = home.given_notices()
    assert bool(anew) is gives_anew
    for each in anew:
        assert each.notice != given.notice
        assert (each.act, each.acted, each.about) == (given.act, given.acted, given.about)


def test_a_duty_closes_when_the_node_and_its_enforcers_have_answered(
    pair: tuple[Node, Node, str],
) -> None:
    """Waiting, overdue, still enforcing, closed; a late message opens nothing again."""
    home, _, record = pair
    home.do("CENTRE", objection(record), on="03-20")
    given = one_notice(home)
    assert given.due_on == date(2026, 3, 25)
    assert states(home) == ["waiting"]
    home.today = day("03-26")
    assert states(home) == ["unconfirmed"]
    applied = status(record, "applied", "03-12")
    assert acknowledge(home, given, onward=(("longyan", "open"),), statuses=(applied,))
    assert states(home) == ["onward_open"]
    assert acknowledge(home, given, onward=(("longyan", "closed"),), attached="e" * 64)
    assert states(home) == ["still_enforcing"]
    for said in (status(record, "suspended", "03-24"), applied):
        context = home.context("xiamen")
        decide_exchange.status_received(home.subject, said, attached=OTHER, context=context)
        home.store()
    assert states(home) == ["closed"]
    acknowledge(home, given, onward=(("longyan", "open"),), attached="f" * 64)
    acknowledge(home, given, verdict="not_held", attached="1" * 64)
    assert states(home) == ["closed"]
    answered = home.subject.state.records[record].shared.answered
    assert answered[given.notice].facts.verdict == "applied"


@pytest.mark.parametrize(("said", "state"), [("accepted", "unconfirmed"), ("refused", "closed")])
def test_not_held_closes_for_whom_never_said_that_it_has_the_record(
    pair: tuple[Node, Node, str], said: Any, state: str
) -> None:
    """After an acceptance it contradicts what was signed before."""
    home, _, record = pair
    decide_exchange.receipted(
        home.subject,
        record=record,
        bundle=BUNDLE,
        recipient="zhangzhou",
        received_at=AT,
        verdict=said,
        context=home.context("xiamen"),
    )
    home.store()
    home.do("CENTRE", objection(record), on="03-20")
    acknowledge(home, one_notice(home), verdict="not_held")
    assert states(home) == [state]


def test_a_later_notice_takes_over_what_enforcers_still_owe(pair: tuple[Node, Node, str]) -> None:
    """Of two notices to one node, only the last waits for its enforcers."""
    home, _, record = pair
    home.do("CENTRE", objection(record), on="03-20")
    acknowledge(home, one_notice(home), statuses=(status(record, "still_enforcing", "03-23"),))
    home.do("SUPPLIER", withdraw(record), on="03-24")
    acknowledge(home, one_notice(home), attached="e" * 64)
    assert states(home) == ["closed", "still_enforcing"]


def test_an_answer_is_entered_once_and_from_the_recipient_only(
    pair: tuple[Node, Node, str],
) -> None:
    """What nodes behind it say of their sanctions is entered beside it, under their names."""
    home, _, record = pair
    home.do("CENTRE", objection(record), on="03-20")
    given = one_notice(home)
    with pytest.raises(refusals.UnknownId):
        acknowledge(home, given, by="quanzhou")
    behind = status(record, "suspended", "03-24", node="longyan")
    assert acknowledge(home, given, statuses=(behind,), onward=(("longyan", "closed"),))
    assert home.names == ["CorrectionAcknowledged", "EnforcementStatusReceived"]
    said = home.facts[1]
    assert isinstance(said, EnforcementStatusReceived)
    assert (said.recipient, said.attached) == ("longyan", OTHER)
    assert not acknowledge(home, given, statuses=(behind,))


def test_what_is_given_up_stays_listed(pair: tuple[Node, Node, str]) -> None:
    """Once, and only what is open; an answer that comes all the same closes it."""
    home, _, record = pair
    home.do("CENTRE", objection(record), on="03-20")
    given = one_notice(home)

    def give_up(key: str) -> None:
        decide_exchange.give_up(home.subject, key, "x", home.context("xiamen"))
        home.store()

    give_up(given.notice)
    assert states(home) == ["given_up"]
    for key, error in ((given.notice, refusals.AlreadyEnded), (NO_ID, refusals.UnknownId)):
        with pytest.raises(Refusal) as caught:
            give_up(key)
        assert type(caught.value) is error
    acknowledge(home, given)
    assert states(home) == ["closed"]


def test_acts_on_records_given_to_nobody_are_told_to_nobody() -> None:
    """No notice where there is no disclosure."""
    home = Node("xiamen")
    record, _, key = disputed(home)
    assert home.given_notices() == []
    home.do("REVIEW", decision(key, "rejected", "2026-03-25"), on="03-25")
    home.do("SUPPLIER", withdraw(record), on="03-26")
    assert home.given_notices() == []
    assert sanctioned(Node("quanzhou"))
