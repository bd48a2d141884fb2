"""The signed entries of other nodes in a message that was taken in and kept. Pure.

An acknowledgement or an enforcement status was verified when it was taken in: its envelope
lies under the digest of its payload, which the entry that tells of it names as ``attached``.
Reading it again believes the store no further than that digest goes: whatever else lies
there is ``AttachedDamaged``. Signatures and proofs are not verified a second time here.

Messages stand in messages (``statuses``, ``downstream``): of each level the bytes are in
base64 in the one around it, so that all of them together are bounded by the kept one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from ledger.codec import decode
from ledger.entry import StoredEntry
from ledger.errors import LedgerError, Phrase, UnusableInput
from ledger.events.base import Facts
from ledger.events.exchange import (
    CorrectionAcknowledged,
    EnforcementStatus,
    EnforcementStatusReceived,
)
from ledger.exchange.forms import (
    MAX_ENTRIES,
    MAX_MESSAGE_BYTES,
    MAX_SECTIONS,
    Acknowledgement,
    EnforcementStatusMessage,
    LogSection,
    ShownEntry,
)
from ledger.exchange.judged import ProvedEntry
from ledger.signing.dsse import ACKNOWLEDGEMENT, ENFORCEMENT_STATUS, Envelope

MAX_ENVELOPE: Final = MAX_MESSAGE_BYTES // 3 * 4 + (1 << 16)
"""Of a payload of ``MAX_MESSAGE_BYTES`` in base64, with its signatures."""

MAX_LEVELS: Final = MAX_SECTIONS + 1
"""An acknowledgement of each node that a record passes, and a status in the last."""


class AttachedDamaged(UnusableInput):
    code = "attached_damaged"
    en = (
        "the kept message {digest}, which entry {index} names, cannot be read: {why}; run "
        "credit-ledger audit, and ask its sender for the original"
    )
    zh_cn = (
        "条目 {index} 所指的留存消息 {digest} 无法读取：{why}；请运行 credit-ledger audit，"
        "并向发送方索取原件"
    )
    zh_tw = (
        "條目 {index} 所指的留存訊息 {digest} 無法讀取：{why}；請執行 credit-ledger audit，"
        "並向發送方索取原件"
    )


MISSING: Final = Phrase("it is not there", "不存在", "不存在")
_ANOTHER: Final = Phrase(
    "its digest is another one", "其散列值与所指的不同", "其雜湊值與所指的不同"
)
_NO_SUCH: Final = Phrase(
    "it is no acknowledgement and no enforcement status",
    "既非更正确认，亦非执行情况",
    "既非更正確認，亦非執行情況",
)
_TOO_DEEP: Final = Phrase(
    "messages stand in messages more than {most} deep",
    "消息嵌套超过 {most} 层",
    "訊息巢狀超過 {most} 層",
    {"most": MAX_LEVELS},
)
_TOO_MANY: Final = Phrase(
    "more than {most} entries", "条目超过 {most} 个", "條目超過 {most} 個", {"most": MAX_ENTRIES}
)
_ANOTHER_NODE: Final = Phrase(
    "an entry of another node than its section's",
    "条目与所在部分的节点不符",
    "條目與所在部分的節點不符",
)


def attached_to(facts: Facts) -> str | None:
    """The payload digest of the message that an entry tells of; None where it names none."""
    if isinstance(facts, CorrectionAcknowledged | EnforcementStatusReceived):
        return facts.attached
    return None


def statuses_of(facts: Facts) -> tuple[EnforcementStatus, ...]:
    """What enforcers at other nodes said of their sanctions, as an entry tells it."""
    if isinstance(facts, CorrectionAcknowledged):
        return facts.statuses
    return (facts.status,) if isinstance(facts, EnforcementStatusReceived) else ()


def read_attached(digest: str, data: bytes | None, *, index: int) -> tuple[ProvedEntry, ...]:
    """The entries about subjects of all nodes in one kept message, as they stand there.

    ``data``: the bytes kept under ``digest``, None where there are none; ``index``: the leaf
    index of the entry that names it, for the error. Raises ``AttachedDamaged``.
    """
    return _Reading(digest, index).entries(data)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One kept message, and all that stand in it."""

    digest: str
    index: int

    def entries(self, data: bytes | None) -> tuple[ProvedEntry, ...]:
        if data is None:
            raise self._damaged(MISSING)
        found: list[ProvedEntry] = []
        try:
            envelope = Envelope.from_json(data, max_bytes=MAX_ENVELOPE)
            if sha256(envelope.payload).hexdigest() != self.digest:
                raise self._damaged(_ANOTHER)
            for section in self._sections(envelope, 1):
                found += self._of(section)
                if len(found) > MAX_ENTRIES:
                    raise self._damaged(_TOO_MANY)
        except AttachedDamaged:
            raise
        except LedgerError as error:
            raise self._damaged(error) from error
        return tuple(found)

    def _sections(self, envelope: Envelope, level: int) -> Iterator[LogSection]:
        """Of the message itself, then of those in it, in their order."""
        if level > MAX_LEVELS:
            raise self._damaged(_TOO_DEEP)
        inner: tuple[dict[str, Any], ...]
        if envelope.payload_type == ACKNOWLEDGEMENT:
            acknowledged = Acknowledgement.from_payload(envelope.payload)
            yield from acknowledged.logs
            inner = (*acknowledged.statuses, *acknowledged.downstream)
        elif envelope.payload_type == ENFORCEMENT_STATUS:
            status = EnforcementStatusMessage.from_payload(envelope.payload)
            yield from status.logs
            inner = status.downstream
        else:
            raise self._damaged(_NO_SUCH)
        for value in inner:
            yield from self._sections(Envelope.from_value(value), level + 1)

    def _of(self, section: LogSection) -> Iterator[ProvedEntry]:
        for shown in section.entries:
            entry = decode(_stored(shown))
            if entry.node != section.node:
                raise self._damaged(_ANOTHER_NODE)
            if entry.stream.kind == "subject":
                digest = sha256(shown.payload).hexdigest()
                yield ProvedEntry(section.node, entry, digest, shown.payload)

    def _damaged(self, why: Phrase | LedgerError) -> AttachedDamaged:
        return AttachedDamaged(digest=self.digest, index=self.index, why=why)


def _stored(shown: ShownEntry) -> StoredEntry:
    return StoredEntry(
        originator_id="",
        originator_version=0,
        topic="",
        state=shown.payload,
        index=shown.index,
        keyid=bytes.fromhex(shown.keyid),
        signature=shown.signature,
    )
