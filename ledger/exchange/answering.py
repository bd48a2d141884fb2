"""What a node says of one subject's records: notices to those that it gave them to, answers and
enforcement statuses to those that it had them from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import orjson

from ledger.entry import Entry, StoredEntry
from ledger.events.exchange import (
    CorrectionNotified,
    EnforcementStatusReceived,
    NoticeReceived,
)
from ledger.exchange.assembling import OwnLog, handed_on
from ledger.exchange.contents import of_status
from ledger.exchange.forms import (
    MAX_DOWNSTREAM,
    Acknowledgement,
    EnforcementStatusMessage,
    LogSection,
    Notice,
    Onward,
)
from ledger.exchange.ids import message_id
from ledger.exchange.kept import KeptSection, kept_bytes, kept_message
from ledger.exchange.pen import Outgoing, Pen
from ledger.exchange.standing import View, of_act, of_sanction, view_of
from ledger.storage.port import EntryStore
from ledger.subject.aggregate import Subject
from ledger.subject.decide_received import answer_to
from ledger.subject.duties import duties
from ledger.subject.state import Known, RecordState, SanctionState


class Voice:
    """One subject's stream, as far as the checkpoint of ``own`` goes, and what is said of it."""

    def __init__(
        self,
        store: EntryStore,
        own: OwnLog,
        pen: Pen,
        entries: Sequence[Entry],
        rows: Sequence[StoredEntry],
    ) -> None:
        self._store = store
        self._own = own
        self._pen = pen
        self._entries = entries
        self._rows = {row.index: row for row in rows}
        self.subject = Subject(entries[0].stream.key).absorb(entries)

    @cached_property
    def _views(self) -> list[View]:
        return [view_of(entry) for entry in self._entries]

    def _section(self, indexes: Iterable[int]) -> LogSection:
        return self._own.section(self._rows[index] for index in sorted(set(indexes)))

    # -- notices ---------------------------------------------------------------

    def notice(self, known: Known[CorrectionNotified], through: str | None) -> Outgoing:
        """The message of a notice; ``through``: the message that brought what it passes on."""
        facts = known.facts
        logs: tuple[LogSection, ...]
        if through is None:
            acted = next(one.index for one in self._entries if one.seq == facts.acted)
            shown = [*of_act(self._views, acted, facts.record), known.index]
            logs, subject = (self._section(shown),), self.subject.uuid_text
            path: tuple[str, ...] = (self._own.node,)
        else:
            before = kept_message(self._store, through, Notice)
            acted, subject = before.acted, before.subject
            path = (*before.path, self._own.node)
            handed = (KeptSection(section) for section in before.logs)
            own = [known.index, *self._received(facts.record, facts.relays)]
            logs = (*(handed_on(one, one.entries) for one in handed), self._section(own))
        return self._pen.seal(
            Notice.model_validate(
                {
                    **self._pen.header(message_id("notice", facts.notice), facts.recipient),
                    "notice": facts.notice,
                    "record": facts.record,
                    "subject": subject,
                    "act": facts.act,
                    "required": facts.required,
                    "due_on": facts.due_on,
                    "acted": acted,
                    "path": path,
                    "logs": logs,
                }
            )
        )

    def _received(self, record: str, notice: str | None = None) -> list[int]:
        """The entries by which a record came here, and its notices (or one of them)."""
        found = []
        for view in self._views:
            if view.record != record:
                continue
            is_it = view.type == "NoticeReceived" and notice in (None, view.facts["notice"])
            if is_it or view.type == "RecordReceived":
                found.append(view.index)
        return found

    # -- answers ---------------------------------------------------------------

    def acknowledgement(
        self,
        record: RecordState,
        known: Known[NoticeReceived],
        statuses: Sequence[Outgoing],
        today: date,
        *,
        is_first: bool = True,
    ) -> Acknowledgement:
        """What became of a notice here, and of those that it was passed on to.

        A node that it was passed on to anew, because it took the record in late, is open or
        closed by the last notice.

        With ``is_first`` false it answers one who told the same act later: then it names no
        node behind this one. Those are for the first to wait for. Else two nodes that pass a
        record on to each other would each wait for the other, for ever.
        """
        facts = known.facts
        passed = duties(record, today) if is_first else ()
        relays = [one for one in passed if one.notice.facts.relays == facts.notice]
        last = {one.notice.facts.recipient: one.state for one in relays}
        shown = self._received(facts.record, facts.notice)
        shown += [one.notice.index for one in relays]
        return Acknowledgement.model_validate(
            {
                **self._pen.header(message_id("pending", facts.notice), sender_of(facts)),
                "notice": facts.notice,
                "record": facts.record,
                "verdict": answer_to(self.subject, facts.record, facts.act),
                "received_at": known.recorded_at,
                "onward": tuple(
                    Onward(node=name, state="closed" if state == "closed" else "open")
                    for name, state in last.items()
                ),
                "statuses": tuple(one.envelope.to_value() for one in statuses),
                "downstream": self._downstream(record, [one.notice for one in relays]),
                "logs": (self._section(shown),),
            }
        )

    def _downstream(
        self, record: RecordState, relays: Sequence[Known[CorrectionNotified]]
    ) -> tuple[dict[str, Any], ...]:
        """What the onward nodes said, as it came: their answers, and later words of enforcers."""
        answers = (record.shared.answered.get(one.facts.notice) for one in relays)
        digests = [one.facts.attached for one in answers if one is not None and one.facts.attached]
        recipients = {one.facts.recipient for one in relays}
        latest: dict[tuple[str, str], str] = {}
        for entry in self._entries:
            facts = entry.facts
            if (
                isinstance(facts, EnforcementStatusReceived)
                and facts.record == record.facts.record
                and facts.recipient in recipients
            ):
                latest[facts.recipient, facts.status.sanction] = facts.attached
        chosen = list(dict.fromkeys([*digests, *latest.values()]))[:MAX_DOWNSTREAM]
        return tuple(orjson.loads(kept_bytes(self._store, digest)) for digest in chosen)

    def statuses(self, record: RecordState, recipient: str) -> list[Outgoing]:
        """One for each sanction here that rests on the record."""
        resting = self.subject.state.sanctions_on(record.facts.record)
        return [self._status(record, key, one, recipient) for key, one in resting]

    def _status(
        self, record: RecordState, key: str, sanction: SanctionState, recipient: str
    ) -> Outgoing:
        imposed = sanction.imposed.facts
        last = sanction.reports[-1].facts if sanction.reports else None
        shown = [*of_sanction(self._views, key), *self._received(record.facts.record)]
        message = EnforcementStatusMessage.model_validate(
            {
                **self._pen.header(message_id("pending", key), recipient),
                "record": record.facts.record,
                "sanction": key,
                "enforcer": imposed.enforcer,
                "state": None if last is None else last.state,
                "reported_on": None if last is None else last.on,
                "logs": (self._section(shown),),
            }
        )
        named = message.model_copy(update={"id": message_id(message.kind, of_status(message))})
        return self._pen.seal(named)


def sender_of(facts: NoticeReceived) -> str:
    """The node that a received notice came from."""
    return facts.sender or facts.origin


def not_held(pen: Pen, notice: str, record: str, sender: str) -> Acknowledgement:
    """The answer to a notice of a record that is not here."""
    return Acknowledgement.model_validate(
        {
            **pen.header(message_id("pending", notice), sender),
            "notice": notice,
            "record": record,
            "verdict": "not_held",
            "received_at": None,
            "onward": (),
            "statuses": (),
        }
    )
