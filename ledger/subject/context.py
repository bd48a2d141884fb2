"""What a decision may look at besides the subject itself. Everything is passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from ledger.entry import Actor, JSONValue, Secret, SubmissionRef
from ledger.events.base import OrganisationCode, Role
from ledger.events.records import AttestedBy
from ledger.organisations.registry import Registry
from ledger.rules import RulePack
from ledger.subject.refusals import (
    BeforeItsCause,
    DatedInFuture,
    EmptyInterval,
    NotYours,
    WithoutRole,
)

if TYPE_CHECKING:
    from ledger.subject.aggregate import Subject


class Context(NamedTuple):
    """The circumstances of one command.

    ``today`` is the legal day (UTC+8) on which it will be recorded; the append refuses
    to stamp it on any other day. ``rules`` gives the pack in force on a day.
    """

    today: date
    actor: Actor
    registry: Registry
    rules: Callable[[date], RulePack]
    new_id: Callable[[], str]
    person_id: Callable[[str, str], UUID]
    """The node's id of a third person, by scheme and identifier."""
    adult_on: date | None = None
    """A natural person's 18th birthday; None: not known, or not a natural person."""
    submission: SubmissionRef | None = None
    attested_by: AttestedBy | None = None
    sealed: Mapping[str, JSONValue] = MappingProxyType({})
    """Details to be sealed beside the event's facts, by field."""
    beside: tuple[Secret, ...] = ()
    """What a collected record keeps sealed beside its entry without a commitment in it."""
    tied: tuple[Subject, ...] = ()
    """The other streams of this subject, tied to it by corrected identifiers; only looked at."""

    def require_role(self, roles: frozenset[Role]) -> None:
        """The acting body holds one of ``roles`` today, or ``WithoutRole``."""
        require_role(self, self.actor.organisation, roles)

    def holds(self, roles: frozenset[Role]) -> bool:
        """Whether the acting body holds one of ``roles`` today."""
        return self.registry.has_role(self.actor.organisation, roles, self.today)

    def require_self(self, expected: OrganisationCode) -> None:
        """The acting body is the one named in the facts, or ``NotYours``."""
        if self.actor.organisation != expected:
            raise NotYours(organisation=self.actor.organisation, expected=expected)

    def not_in_future(self, name: str, day: date) -> None:
        """A past fact is not dated after the day of recording."""
        if day > self.today:
            raise DatedInFuture(field=name, day=day, today=self.today)


def require_role(context: Context, organisation: OrganisationCode, roles: frozenset[Role]) -> None:
    if not context.registry.has_role(organisation, roles, context.today):
        raise WithoutRole(
            organisation=organisation, roles=", ".join(sorted(roles)), day=context.today
        )


def require_order(from_field: str, from_day: date, until_field: str, until_day: date) -> None:
    """Half-open intervals are never empty: ``from < until``."""
    if from_day >= until_day:
        raise EmptyInterval(
            from_field=from_field, from_day=from_day, until_field=until_field, until_day=until_day
        )


def require_not_before(name: str, day: date, cause: str, cause_day: date) -> None:
    """What follows from something is not dated before it."""
    if day < cause_day:
        raise BeforeItsCause(field=name, day=day, cause=cause, cause_day=cause_day)
