"""Which entries are shown: chosen by what may be, so that nothing else leaves."""

from __future__ import annotations

import pytest

from ledger.events import EVENT_TYPES
from ledger.exchange.standing import View, of_act, of_organisation, of_record, of_sanction

SUBJECT = "5" * 8


def view(index: int, kind_of: str, **facts: object) -> View:
    kind = EVENT_TYPES[f"{kind_of}:1"].stream_kind
    return View(index, kind_of, kind, SUBJECT, facts)


STREAM = (
    view(0, "SubjectOpened"),
    view(1, "RecordCollected", record="r", supplier="s"),
    view(2, "RecordCollected", record="q", supplier="s"),
    view(3, "NoticeServed", record="r"),
    view(4, "ComplaintFiled", record="r", case="c"),
    view(5, "RecordDisclosed", record="r", recipient="elsewhere"),
    view(6, "ObjectionFiled", record="q", objection="o-q"),
    view(7, "ObjectionFiled", record="r", objection="o"),
    view(8, "ObjectionAnswered", objection="o"),
    view(9, "ObjectionDecided", objection="o-q"),
    view(10, "ObjectionDecided", objection="o"),
    view(11, "SanctionImposed", sanction="x", records=("r",)),
    view(12, "RecordWithdrawn", record="r"),
    view(13, "CorrectionNotified", record="r"),
    view(14, "SanctionLifted", sanction="x"),
)


def test_a_record_stands_on_its_own_entries() -> None:
    """Opening, record, notice, its objections and what became of them; of no other record."""
    assert of_record(STREAM, "r", SUBJECT) == [0, 1, 3, 7, 8, 10]


@pytest.mark.parametrize("kept", [4, 5, 11, 13])
def test_what_is_nobody_elses_business_is_not_shown(kept: int) -> None:
    """Who complained, who else received it, what rests on it, stays."""
    assert kept not in of_record(STREAM, "r", SUBJECT)


def test_entries_of_another_stream_are_not_its() -> None:
    """The same ids in the stream of somebody else prove nothing."""
    assert of_record(STREAM, "r", "another") == []


def test_an_act_is_shown_with_what_it_refers_to() -> None:
    """The record, and the objection that the act decides; none that came later."""
    assert of_act(STREAM, 10, "r") == [1, 7, 10]


def test_an_act_that_settles_is_shown_with_what_became_of_the_objections() -> None:
    """Which of them it settles follows from the answers and decisions before it; of this record."""
    assert of_act(STREAM, 12, "r") == [1, 7, 8, 10, 12]


def test_all_entries_of_a_sanction() -> None:
    """Whatever their type, and no other sanction's."""
    assert of_sanction(STREAM, "x") == [11, 14]


def test_the_entries_of_one_organisation() -> None:
    """Those of its own stream that name it."""
    views = (
        view(1, "OrganisationAdmitted", organisation="s"),
        view(2, "RoleGranted", organisation="t"),
        view(3, "KeyBound", organisation="s"),
        view(4, "SubjectOpened", organisation="s"),
    )
    assert of_organisation(views, "s") == [1, 3]
