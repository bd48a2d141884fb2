"""Whether a message that is good in itself may be taken in here and now. Pure.

What a stranger could verify years later, ``ledger.exchange.judging`` says; here is what only
the recipient can tell, who has a clock and remembers what came before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from ledger.clock import TOLERANCE
from ledger.entry import format_instant
from ledger.errors import Language, Phrase, Refusal
from ledger.exchange.forms import Acknowledgement, Bundle, Header, Receipt, RefusalMessage
from ledger.exchange.peers import Peer
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import ProofFault, consistency_fault
from ledger.log.verdict import Verdict

AHEAD: Final[timedelta] = TOLERANCE
"""An issue time may lie so far ahead of this node's clock: as far as clocks may drift."""

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh-CN", "zh-TW")

NotTaken = Literal["quarantined", "refused"]


class NotAccepted(Refusal):
    """A message that has no effect; ``verdict`` says whether it is kept."""

    verdict: NotTaken = "refused"
    code = "message_not_accepted"
    en = "the message was not accepted"
    zh_cn = "未接受该消息"
    zh_tw = "未接受該訊息"


class NotBelieved(NotAccepted):
    """What the judging found; its reason takes the place of the code."""

    code = "message_not_believed"
    en = "it is not believed: {why}"
    zh_cn = "不采信：{why}"
    zh_tw = "不採信：{why}"

    def __init__(self, verdict: NotTaken, reason: str, found: Verdict) -> None:
        texts = (found.detail(language) for language in LANGUAGES)
        en, zh_cn, zh_tw = (text.replace("{", "{{").replace("}", "}}") for text in texts)
        super().__init__(why=Phrase(en, zh_cn, zh_tw))
        self.verdict = verdict
        self.reason = reason


class MessageExpired(NotAccepted):
    code = "message_expired"
    en = "the bundle could be taken in until {expires_at}; ask its sender for a new one"
    zh_cn = "该共享包的接收期限为 {expires_at}；请向发送方索取新的共享包"
    zh_tw = "該共享包的接收期限為 {expires_at}；請向發送方索取新的共享包"


class IssuedAhead(NotAccepted):
    code = "issued_ahead"
    en = "it was issued at {issued_at}, ahead of this node's clock ({now}); one of them is wrong"
    zh_cn = "其签发时刻 {issued_at} 晚于本节点时钟 {now}；两者之一有误"
    zh_tw = "其簽發時刻 {issued_at} 晚於本節點時鐘 {now}；兩者之一有誤"
    verdict = "quarantined"


class ClockSimulated(NotAccepted):
    code = "clock_simulated"
    en = "{sender} tells a simulated time; this node has a real clock and takes nothing from it"
    zh_cn = "{sender} 使用模拟时间；本节点使用真实时钟，不予接收"
    zh_tw = "{sender} 使用模擬時間；本節點使用真實時鐘，不予接收"


class SequenceReused(NotAccepted):
    code = "sequence_reused"
    en = "{sender} sent another bundle as number {sequence} already"
    zh_cn = "{sender} 已以序号 {sequence} 发送过另一共享包"
    zh_tw = "{sender} 已以序號 {sequence} 傳送過另一共享包"


class BundleOutOfChain(NotAccepted):
    code = "bundle_out_of_chain"
    en = (
        "bundle {sequence} of {sender} does not fit the ones taken in: it names another one before "
        "it, does not prove that the log grew since, or is one of them under another number"
    )
    zh_cn = (
        "{sender} 的第 {sequence} 号共享包与已接收的共享包不衔接：所指明的前一个不符，"
        "未证明日志自此只增不减，或系换号重发"
    )
    zh_tw = (
        "{sender} 的第 {sequence} 號共享包與已接收的共享包不銜接：所指明的前一個不符，"
        "未證明日誌自此只增不減，或係換號重發"
    )


class OriginForked(NotAccepted):
    code = "origin_forked"
    en = (
        "the log of {sender} has two histories: at size {size} it is not what it was; both "
        "checkpoints are kept as evidence"
    )
    zh_cn = "{sender} 的日志出现两个历史：大小 {size} 处与先前不符；两个检查点均已留存为证据"
    zh_tw = "{sender} 的日誌出現兩個歷史：大小 {size} 處與先前不符；兩個檢查點均已留存為證據"
    verdict = "quarantined"


class NewOnExpiredList(NotAccepted):
    code = "list_expired"
    en = "trust list {version} has expired: nothing new is accepted until its successor is adopted"
    zh_cn = "信任列表 {version} 已到期：在采用后续版本之前不再接收新内容"
    zh_tw = "信任列表 {version} 已到期：在採用後續版本之前不再接收新內容"
    verdict = "quarantined"


class Grown(NamedTuple):
    """That a tree begins with a smaller one, as a message showed it."""

    size: int
    root: str
    hashes: tuple[bytes, ...]
    message: str


def require_timely(message: Header, now: datetime, *, is_simulated: bool) -> None:
    """By this node's clock. Raises ``NotAccepted``."""
    if message.clock == "simulated" and not is_simulated:
        raise ClockSimulated(sender=message.sender)
    if isinstance(message, Bundle) and message.expires_at <= now:
        raise MessageExpired(expires_at=format_instant(message.expires_at))
    said_at = max(message.issued_at, _tells_of(message) or message.issued_at)
    if said_at > now + AHEAD:
        raise IssuedAhead(issued_at=format_instant(said_at), now=format_instant(now))


def _tells_of(message: Header) -> datetime | None:
    """The instant of what an answer says was done."""
    match message:
        case Receipt() | Acknowledgement():
            return message.received_at
        case RefusalMessage():
            return message.refused_at
    return None


def require_next(message: Bundle, peer: Peer) -> None:
    """No other bundle came under its number; that one before is missing is no fault."""
    for known in peer.received.values():
        if known.facts.message_kind == "bundle" and known.facts.sequence == message.sequence:
            raise SequenceReused(sender=message.sender, sequence=message.sequence)


def require_chain(
    message: Bundle, digest: str, size: int, peer: Peer, after: Bundle | None
) -> None:
    """Each bundle names the one before and proves that the log grew from there; a later number
    shows a longer log, since what a sender enters of a bundle lies between it and the next.

    ``size``: of the sender's log in ``message``, whose payload is ``digest``; ``after``: the
    bundle of the next number, where that came first. Raises ``BundleOutOfChain``.
    """
    is_off = after is not None and not _follows(after, digest, size)
    for facts in (known.facts for known in peer.received.values()):
        if facts.message_kind != "bundle" or facts.sequence is None or facts.size is None:
            continue
        if facts.sequence == message.sequence - 1:
            is_off |= not _follows(message, facts.message, facts.size)
        is_off |= (facts.sequence < message.sequence) != (facts.size < size)
    if is_off:
        raise BundleOutOfChain(sender=message.sender, sequence=message.sequence)


def _follows(message: Bundle, before: str, size: int) -> bool:
    shown = message.logs[0].consistency
    return message.previous == before and shown is not None and shown.size == size


def require_one_history(
    message: Header,
    checkpoint: Checkpoint,
    roots: Mapping[int, str],
    proofs: Mapping[int, Grown],
) -> None:
    """What this message says of the sender's log agrees with what others said of it.

    ``roots``: by tree size, what was told before; ``proofs``: by old size, proofs of messages
    that came earlier, and that could not be checked then. Raises
    ``OriginForked``.
    """
    known = roots.get(checkpoint.size)
    if known is not None and known != checkpoint.root.hex():
        raise OriginForked(sender=message.sender, size=checkpoint.size)
    if checkpoint.size in proofs:
        grown = proofs[checkpoint.size]
        old, new = checkpoint.root, bytes.fromhex(grown.root)
        fault = consistency_fault(checkpoint.size, grown.size, old, new, grown.hashes)
        if fault is ProofFault.OLD_ROOT_DIFFERS:
            raise OriginForked(sender=message.sender, size=checkpoint.size)


class ProofBroken(NotAccepted):
    code = "consistency_proof_fails"
    en = "that the log of {sender} only grew since size {size} is not proved; ask it for the file"
    zh_cn = "未能证明 {sender} 的日志自大小 {size} 起只增不减；请重新索取文件"
    zh_tw = "未能證明 {sender} 的日誌自大小 {size} 起只增不減；請重新索取檔案"


def require_grown(message: Header, checkpoint: Checkpoint, roots: Mapping[int, str]) -> None:
    """The consistency proof of the sender's section, where the older root is known.

    Raises ``OriginForked``, or ``ProofBroken`` for hashes that prove nothing.
    """
    shown = message.logs[0].consistency if isinstance(message, Bundle) else None
    if shown is None or shown.size not in roots:
        return
    old_root = bytes.fromhex(roots[shown.size])
    fault = consistency_fault(shown.size, checkpoint.size, old_root, checkpoint.root, shown.hashes)
    if fault is ProofFault.OLD_ROOT_DIFFERS:
        raise OriginForked(sender=message.sender, size=shown.size)
    if fault is not None:
        raise ProofBroken(sender=message.sender, size=shown.size)
