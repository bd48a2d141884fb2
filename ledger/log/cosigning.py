"""The log's side of c2sp.org/tlog-witness: asking witnesses, and believing what holds.

A request names the size that the witness cosigned last, as far as is known here; a witness
that knows better says so (409), and is asked once more from there. An answer is worth
nothing until its cosignature verifies under the key that the policy names for that witness,
at a time that can be true. What holds is kept; nothing else has an effect, whatever comes.

Nobody within reach: nothing is lost. The next checkpoint that is cosigned proves all those
before it, so catching up is asking for the newest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from ledger.entry import format_instant
from ledger.errors import ExitCode, LedgerError, Phrase
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.cosigned import Cosigned, cosigned, last_size
from ledger.log.note import Verified
from ledger.log.policy import Policy, PolicyWitness
from ledger.log.tree import StoreTree
from ledger.log.verifier_key import VerifierKey
from ledger.log.witness_http import Post, Reply
from ledger.log.witness_protocol import (
    AddCheckpoint,
    WitnessStatus,
    parse_conflict,
    verified_cosignatures,
)
from ledger.storage.port import EntryStore
from ledger.storage.tree_reads import note_of

ASK_SECONDS: Final = 3.0
"""All witnesses together, asked at the end of a command that wrote."""

SKEW: Final = timedelta(minutes=5)
"""Clocks of two machines may differ by so much; an answer to a request just made is no
older, and none comes from further ahead."""

State = Literal[
    "cosigned", "overtaken", "unreachable", "refused", "behind", "contradicted", "invalid"
]
"""``overtaken``: another process of this node had a later checkpoint cosigned meanwhile.
``behind``: the witness cosigned more of this log than this node has. ``contradicted``: it
cosigned another root at this very size. ``invalid``: its answer does not hold."""

_REFUSED = Phrase("it answered {status}", "其应答为 {status}", "其應答為 {status}")
_BEHIND = Phrase(
    "it cosigned {size} entries of this log, which has {own}: entries are lost here, or the "
    "witness is wrong; run credit-ledger reconcile",
    "其已联署本日志 {size} 个条目，而本地仅有 {own} 个：本地条目缺失，或见证方有误；"
    "请运行 credit-ledger reconcile",
    "其已聯署本日誌 {size} 個條目，而本地僅有 {own} 個：本地條目缺失，或見證方有誤；"
    "請執行 credit-ledger reconcile",
)
_CONTRADICTED = Phrase(
    "it cosigned another tree of this log at size {size}; run credit-ledger audit",
    "其已联署本日志在大小 {size} 时的另一棵树；请运行 credit-ledger audit",
    "其已聯署本日誌在大小 {size} 時的另一棵樹；請執行 credit-ledger audit",
)
_OVERTAKEN = Phrase(
    "a later checkpoint is cosigned already", "已有更新的检查点获联署", "已有更新的檢查點獲聯署"
)


class CosignatureTimeWrong(LedgerError):
    code = "cosignature_time_wrong"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the cosignature of {witness} is dated {found}, which is not between {earliest} and "
        "{latest}; nothing was kept: compare the clocks and ask again"
    )
    zh_cn = "{witness} 的联署时间为 {found}，不在 {earliest} 至 {latest} 之间；未予留存：请核对时钟后重新请求"
    zh_tw = "{witness} 的聯署時間為 {found}，不在 {earliest} 至 {latest} 之間；未予留存：請核對時鐘後重新請求"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one witness answered."""

    witness: PolicyWitness
    state: State
    why: LedgerError | Phrase | None = None
    size: int | None = None
    """What it said it had cosigned, of a 409."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked about a checkpoint, and where it stands now."""

    checkpoint: Cosigned
    policy: Policy
    outcomes: tuple[Outcome, ...]

    @property
    def witnessed(self) -> bool:
        return self.checkpoint.meets(self.policy)


def _told(phrase: Phrase, **fields: object) -> Phrase:
    return Phrase(phrase.en, phrase.zh_cn, phrase.zh_tw, fields)


class Cosigning:
    """See the module. ``monotonic`` bounds how long all witnesses are waited for.

    With ``keeps`` False nothing that holds is kept: of a log whose mark is lost, it would pass
    for what was said before.
    """

    def __init__(
        self,
        store: EntryStore,
        *,
        origin: str,
        policy: Policy,
        monotonic: Callable[[], float],
        keeps: bool = True,
    ) -> None:
        self._keeps = keeps
        self._store = store
        self.origin = origin
        self.policy = policy
        self._monotonic = monotonic

    def newest(self) -> SignedCheckpoint | None:
        """The checkpoint of the largest size that this node signed."""
        note = self._store.latest_note("checkpoint", self.origin)
        return None if note is None else SignedCheckpoint.parse(note.body)

    def standing(self, signed: SignedCheckpoint) -> Cosigned:
        """``signed`` with the cosignatures of the policy's witnesses that are kept."""
        return cosigned(self._store, signed, self.policy.witness_keys)

    def request(self, signed: SignedCheckpoint, old: int) -> AddCheckpoint:
        """The request for ``signed`` to a witness that cosigned ``old`` last.

        Raises ``SizesOutOfOrder``, ``TreeDamaged``.
        """
        proof = StoreTree(self._store, signed.checkpoint.size).consistency(old)
        return AddCheckpoint(old, tuple(proof), signed)

    def last_size(self, witness: PolicyWitness) -> int:
        """What the witness cosigned last, as far as is known here."""
        return last_size(self._store, self.origin, witness.key)

    def take(
        self,
        signed: SignedCheckpoint,
        data: bytes,
        keys: Sequence[VerifierKey],
        *,
        now: datetime,
        earliest: datetime | None = None,
    ) -> tuple[Verified, ...]:
        """Verify the cosignature lines ``data`` of ``signed`` by these keys, and keep them.

        ``earliest`` is when it can have been cosigned at the earliest; None: just now. Raises
        ``WitnessResponseMalformed``, ``NoteSignatureFails``, ``NoteUnsigned`` or
        ``CosignatureTimeWrong``; then nothing was kept.
        """
        found = verified_cosignatures(data, signed.checkpoint, keys)
        span = ((earliest or now) - SKEW, now + SKEW)
        for one in found:
            assert one.posix_seconds is not None, "keys of witnesses date what they sign"
            if not span[0].timestamp() - 1 < one.posix_seconds <= span[1].timestamp():
                raise CosignatureTimeWrong(
                    witness=one.key.name,
                    found=one.posix_seconds,
                    earliest=format_instant(span[0]),
                    latest=format_instant(span[1]),
                )
        if not self._keeps:
            return found
        body = signed.with_signatures(one.signature for one in found)
        note = note_of(
            "cosignature", signed.checkpoint.origin, signed.checkpoint.size, body.to_bytes()
        )
        self._store.keep_notes(lambda _: [note])
        return found

    def ask(
        self,
        signed: SignedCheckpoint,
        post: Post,
        *,
        now: datetime,
        witnesses: Sequence[PolicyWitness] | None = None,
        seconds: float = ASK_SECONDS,
        again: bool = False,
    ) -> Asked:
        """Ask ``witnesses`` to cosign ``signed``; None: all of the policy that have an address.

        Those that have done so are asked only with ``again``. Raises what the own store and
        tree raise; what a witness does becomes its outcome.
        """
        deadline = self._monotonic() + seconds
        cosigners = self.standing(signed).cosigners
        waiting = {
            witness: self.last_size(witness)
            for witness in (self.policy.witnesses if witnesses is None else witnesses)
            if witness.url is not None and (again or witness.key not in cosigners)
        }
        waiting = {each: min(old, signed.checkpoint.size) for each, old in waiting.items()}
        outcomes: dict[PolicyWitness, Outcome] = {}
        for _ in range(2):  # once more with what a 409 has taught
            requests = [
                (each.url or "", self.request(signed, old).to_bytes())
                for each, old in waiting.items()
            ]
            replies = post(requests, deadline - self._monotonic()) if requests else []
            again_from: dict[PolicyWitness, int] = {}
            for (witness, old), reply in zip(waiting.items(), replies, strict=True):
                found = self._outcome(signed, witness, old, reply, now)
                outcomes[witness] = found
                if found.state == "refused" and found.size is not None:
                    again_from[witness] = found.size
            waiting = again_from
        return Asked(self.standing(signed), self.policy, tuple(outcomes.values()))

    def _outcome(
        self,
        signed: SignedCheckpoint,
        witness: PolicyWitness,
        old: int,
        reply: Reply | LedgerError,
        now: datetime,
    ) -> Outcome:
        if isinstance(reply, LedgerError):
            return Outcome(witness, "unreachable", reply)
        try:
            if reply.status == WitnessStatus.COSIGNED:
                self.take(signed, reply.body, (witness.key,), now=now)
                return Outcome(witness, "cosigned")
            if reply.status == WitnessStatus.CONFLICT:
                size = parse_conflict(reply.body, reply.content_type)
                return self._conflict(signed, witness, old, size)
        except LedgerError as error:
            return Outcome(witness, "invalid", error)
        return Outcome(witness, "refused", _told(_REFUSED, status=reply.status))

    def _conflict(
        self, signed: SignedCheckpoint, witness: PolicyWitness, old: int, size: int
    ) -> Outcome:
        """The witness cosigned ``size`` entries last, not ``old``; so it says."""
        if size == old:
            return Outcome(witness, "contradicted", _told(_CONTRADICTED, size=size), size)
        if size <= signed.checkpoint.size:
            return Outcome(witness, "refused", _told(_REFUSED, status=409), size)
        newest = self.newest()
        own = signed.checkpoint.size if newest is None else newest.checkpoint.size
        if size <= own:
            return Outcome(witness, "overtaken", _OVERTAKEN, size)
        return Outcome(witness, "behind", _told(_BEHIND, size=size, own=own), size)
