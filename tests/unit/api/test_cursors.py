"""Cursors tell nothing of the place that they hold, and hold it for one question."""

from __future__ import annotations

import base64

import pytest

from api.cursors import MAX_CURSOR, Cursors
from projections.lists.paging import BadCursor, Cut

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
PLACES = ["0/51/49", "2/0/9223372036854775807", "2026-04-20/objection_answer/id/2026-03-20", "/"]


@pytest.mark.parametrize("place", PLACES)
def test_a_cursor_is_opened_by_the_question_that_it_was_given_for(place: str) -> None:
    """By nobody else: not with another key, nor under another question."""
    after = Cursors(KEY, "affected a").closed(place)
    with Cursors(KEY, "affected a").opened(Cut(7, after)) as cut:
        assert cut == Cut(7, place)
    assert place.encode() not in base64.urlsafe_b64decode(after)
    assert after == Cursors(KEY, "affected a").closed(place)
    for other in (Cursors(KEY, "affected b"), Cursors(OTHER_KEY, "affected a")):
        with pytest.raises(BadCursor), other.opened(Cut(7, after)):
            pass
        assert other.closed(place) != after


def test_lengths_tell_nothing_of_an_index() -> None:
    """An early leaf and a late one make cursors of one length."""
    cursors = Cursors(KEY, "q")
    assert len({len(cursors.closed(f"0/{n}/{n}")) for n in (1, 10**6, 10**18)}) == 1


def test_no_byte_of_a_cursor_can_be_changed() -> None:
    """Each bent one is refused with what was given, never with what is inside."""
    cursors = Cursors(KEY, "q")
    box = base64.urlsafe_b64decode(cursors.closed("0/51/49"))
    for at in range(len(box)):
        bent = base64.urlsafe_b64encode(box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :]).decode()
        with pytest.raises(BadCursor), cursors.opened(Cut(7, bent)):
            pass


@pytest.mark.parametrize("after", ["", "x", "é", "0/51/49", "AAAA", "A" * (MAX_CURSOR + 1)])
def test_what_is_no_cursor_is_refused(after: str) -> None:
    """Whatever somebody gives ends in an error that names it."""
    with pytest.raises(BadCursor) as caught, Cursors(KEY, "q").opened(Cut(7, after)):
        pass
    assert caught.value.fields == {"after": after[:MAX_CURSOR]}


def test_what_is_wrong_with_a_place_is_told_without_the_place() -> None:
    """A list that cannot use what was inside says so of the cursor."""
    cursors = Cursors(KEY, "q")
    after = cursors.closed("0/51/49")
    with pytest.raises(BadCursor) as caught, cursors.opened(Cut(7, after)) as cut:
        raise BadCursor(after=cut.after)
    assert caught.value.fields == {"after": after}


def test_the_first_page_has_no_cursor() -> None:
    """Nothing is opened where nothing was given."""
    with Cursors(KEY, "q").opened(Cut(7)) as cut:
        assert cut == Cut(7)
