"""Every code of a closed list has its words in three languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from api.cli import code_words
from api.cli.code_words import in_words, words_of
from ledger.errors import Phrase
from ledger.events.base import Tier
from ledger.events.exchange import Act, Required
from ledger.events.sanctions import EnforcementState
from ledger.subject.status import RecordStateName, SanctionStateName
from projections.answer import Why
from projections.difference import Aspect, Thing
from projections.lists.periods import TermState
from projections.models.rows import About, CommitmentState, DeadlineKind

CLOSED: list[tuple[Any, str, str]] = [
    (RecordStateName, "records", "state"),
    (SanctionStateName, "sanctions", "state"),
    (SanctionStateName, "sanctions", "as_imposed"),
    (EnforcementState, "per_enforcer", "reported"),
    (EnforcementState, "sanctions", "state"),
    (TermState, "deadlines", "state"),
    (CommitmentState, "commitments", "state"),
    (RecordStateName, "what", "before"),
    (SanctionStateName, "what", "after"),
    (EnforcementState, "what", "after"),
    (Tier, "records", "tier"),
    (DeadlineKind, "deadlines", "kind"),
    (About, "periods", "about"),
    (About, "deadlines", "about"),
    (Thing, "what", "about"),
    (Aspect, "what", "what"),
    (Why, "masked", "why"),
    (Required, "unacknowledged", "required"),
    (Required, "outstanding", "required"),
    (Act, "outstanding", "act"),
]
"""A closed list, and the table and column in which its codes stand."""


@pytest.mark.parametrize(("codes", "title", "column"), CLOSED)
def test_every_code_has_its_words(codes: Any, title: str, column: str) -> None:
    """Chinese in both scripts; in English no code's underscore is left."""
    words = words_of(title, column)
    assert set(get_args(codes)) <= words.keys()
    for code in get_args(codes):
        assert "_" not in in_words(words, code, "en")
        for language in ("zh-CN", "zh-TW"):
            assert re.fullmatch(r"[\u4e00-\u9fff]+", in_words(words, code, language))


def test_words_of_one_column_do_not_contradict_each_other() -> None:
    """Where two lists share a code, they share its words: a column holds both."""
    tables: list[Mapping[str, Phrase]] = [
        found for found in vars(code_words).values() if isinstance(found, dict)
    ]
    states = code_words.COLUMNS["state"]
    held = [each for each in tables if each.keys() <= states.keys() and each is not states]
    assert len(held) >= 5
    assert all(table[code] == states[code] for table in held for code in table)


def test_what_is_no_code_is_shown_as_it_is() -> None:
    """What somebody entered is not translated, also where it reads like a code."""
    assert in_words(words_of("commitments", "kind"), "review", "zh-CN") == "review"
    assert in_words(words_of("deadlines", "kind"), "zz_{x}", "zh-TW") == "zz_{x}"
