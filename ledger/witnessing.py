"""A node among its witnesses, and as one of them.

Files of the home: ``witness-policy.txt`` says who witnesses this node
(``ledger.log.policy``), ``watched.json`` which logs it witnesses (``ledger.log.watching``).

Between simulated clocks a request says in the header ``AT_HEADER`` when it is made, and
both sides date what they do so. A node with a real clock takes no such word.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from ledger.clock import NotSimulated
from ledger.entry import format_instant
from ledger.errors import ExitCode, LedgerError, UnusableInput
from ledger.high_water import HighWater, Mark
from ledger.home import Home
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.cosigned import NO_POLICY
from ledger.log.cosigning import Asked, Cosigning
from ledger.log.evidence import cosigned_before, independent
from ledger.log.keeper import StoreBehind
from ledger.log.merkle import EMPTY_ROOT
from ledger.log.policy import MAX_POLICY_BYTES, Policy, PolicyWitness
from ledger.log.tree import StoreTree
from ledger.log.watching import Watched, read_watched, replace_file
from ledger.log.witness import Answer, Witness, witnessed
from ledger.log.witness_http import endpoint, poster
from ledger.organisations.node_keys import NodeKey
from ledger.signing.keys import SigningKey
from ledger.storage.port import EntryStore

AT_HEADER: Final = "Credit-Ledger-At"

Instants = Callable[[datetime | None], datetime]


class PolicyUnreadable(UnusableInput):
    code = "policy_unreadable"
    en = "the witness policy {file} cannot be read: {why}; check the path"
    zh_cn = "无法读取见证策略 {file}：{why}；请检查路径"
    zh_tw = "無法讀取見證策略 {file}：{why}；請檢查路徑"


class OwnWitness(UnusableInput):
    code = "own_witness"
    en = "witness {witness} of the policy is this node itself; its word proves nothing to others"
    zh_cn = "策略中的见证方 {witness} 即本节点自身；其联署对他人不构成证明"
    zh_tw = "策略中的見證方 {witness} 即本節點自身；其聯署對他人不構成證明"


class NoWitnessKey(UnusableInput):
    code = "no_witness_key"
    en = "{home} has no keys/witness.key; make one with `credit-ledger key rotate --witness`"
    zh_cn = "{home} 没有 keys/witness.key；请用 `credit-ledger key rotate --witness` 生成"
    zh_tw = "{home} 沒有 keys/witness.key；請用 `credit-ledger key rotate --witness` 產生"


class WitnessBehind(LedgerError):
    code = "witness_behind"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "nothing is cosigned: this node cosigned {mark} entries of {origin} already, its store "
        "knows of {size}; it was restored from a backup: restore one that is not behind"
    )
    zh_cn = (
        "不予联署：本节点已联署 {origin} 的 {mark} 个条目，而其存储只知道 {size} 个；"
        "存储系由备份恢复，请恢复不落后的备份"
    )
    zh_tw = (
        "不予聯署：本節點已聯署 {origin} 的 {mark} 個條目，而其儲存只知道 {size} 個；"
        "儲存係由備份還原，請還原不落後的備份"
    )


class WitnessMarkLost(LedgerError):
    code = "witness_mark_lost"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "nothing is cosigned: {file}, which says how far this node cosigned {origin}, is missing "
        "or cannot be read, so a restored backup cannot be told from the whole; restore the file, "
        "or begin with a new key: `credit-ledger key rotate --witness`, then remove the file"
    )
    zh_cn = (
        "不予联署：记载本节点对 {origin} 联署进度的 {file} 缺失或无法读取，无法分辨是否为恢复的旧备份；"
        "请恢复该文件，或启用新密钥：`credit-ledger key rotate --witness`，然后移除该文件"
    )
    zh_tw = (
        "不予聯署：記載本節點對 {origin} 聯署進度的 {file} 缺失或無法讀取，無法分辨是否為還原的舊備份；"
        "請還原該檔案，或啟用新金鑰：`credit-ledger key rotate --witness`，然後移除該檔案"
    )


class WitnessContradicts(LedgerError):
    code = "witness_contradicts"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "nothing is written: witness {witness} cosigned another tree of this log at size {size}; "
        "run credit-ledger audit"
    )
    zh_cn = "不予写入：见证方 {witness} 已联署本日志在大小 {size} 时的另一棵树；请运行 credit-ledger audit"
    zh_tw = "不予寫入：見證方 {witness} 已聯署本日誌在大小 {size} 時的另一棵樹；請執行 credit-ledger audit"


def read_policy(path: Path) -> Policy:
    """The policy in ``path``. Raises ``PolicyUnreadable`` or ``PolicyMalformed``."""
    if path.exists() and not path.is_file():  # a pipe would keep its reader waiting for ever
        raise PolicyUnreadable(file=path, why="not a regular file")
    try:
        with path.open("rb") as file:
            return Policy.parse(file.read(MAX_POLICY_BYTES + 1))
    except OSError as error:
        raise PolicyUnreadable(file=path, why=error.strerror) from error


class Witnessing:
    """See the module. One for each open node."""

    def __init__(
        self,
        store: EntryStore,
        *,
        home: Home,
        origin: str,
        key: SigningKey | None,
        marks: Path,
        instant: Instants,
        is_simulated: bool,
        monotonic: Callable[[], float],
    ) -> None:
        """``marks`` is the folder of the high-water mark; ``key`` is the witness key; ``instant`` is the node's clock, told ``at`` or not."""
        self._store = store
        self._home = home
        self._marks = marks
        self._origin = origin
        self.key = key
        self._instant = instant
        self._is_simulated = is_simulated
        self._monotonic = monotonic

    # -- being witnessed -------------------------------------------------------

    @property
    def policy(self) -> Policy:
        """Whose cosignatures count; nobody's where there is no policy."""
        path = self._home.policy_file
        return read_policy(path) if path.exists() else NO_POLICY

    def install(self, policy: Policy, data: bytes) -> None:
        """Put a policy read from ``data`` in its place.

        Raises ``OwnWitness``, ``WitnessUrlRefused``, or what keeps it from being written.
        """
        for witness in policy.witnesses:
            if self.key is not None and witness.key.public == self.key.public:
                raise OwnWitness(witness=witness.name)
            if witness.url is not None:
                endpoint(witness.url)
        replace_file(self._home.policy_file, data)

    def cosigning(self, *, keeps: bool = True) -> Cosigning:
        return Cosigning(
            self._store,
            origin=self._origin,
            policy=self.policy,
            monotonic=self._monotonic,
            keeps=keeps,
        )

    def ask(
        self,
        at: datetime | None = None,
        *,
        witnesses: Sequence[PolicyWitness] | None = None,
        again: bool = False,
        keeps: bool = True,
    ) -> Asked | None:
        """Ask the witnesses about the newest checkpoint; None where there is none, or no policy.

        ``witnesses`` of the policy, or all that it has an address of. They have
        ``ASK_SECONDS`` altogether.
        """
        cosigning = self.cosigning(keeps=keeps)
        newest = cosigning.newest()
        if newest is None or not cosigning.policy.witnesses:
            return None
        now = self._instant(at)
        headers = {AT_HEADER: format_instant(now)} if self._is_simulated else {}
        post = poster(headers, self._monotonic)
        return cosigning.ask(newest, post, now=now, witnesses=witnesses, again=again)

    def seen_by_witnesses(self, own: Iterable[NodeKey]) -> SignedCheckpoint | None:
        """The newest checkpoint, if a witness says now that it has seen no larger one.

        It counts where the store knows of an earlier cosignature of it, and it is not the node
        itself under any of the keys ``own`` that it ever had: who never saw the log knows of no
        loss. Nothing of what they say is kept. None where none within reach says so. A single
        witness that has cosigned more, or another tree, is enough to be stopped by:
        ``StoreBehind``, ``WitnessContradicts``.
        """
        asked = self.ask(again=True, keeps=False)
        if asked is None:
            return None
        for outcome in asked.outcomes:
            if outcome.state == "behind":
                raise StoreBehind(size=self._store.size(), mark=outcome.size)
            if outcome.state == "contradicted":
                raise WitnessContradicts(witness=outcome.witness.name, size=outcome.size)
        others, cosigning = independent(self.policy.witness_keys, own), self.cosigning()
        said = any(
            outcome.state == "cosigned"
            and outcome.witness.key in others
            and cosigning.last_size(outcome.witness) > 0
            for outcome in asked.outcomes
        )
        return asked.checkpoint.signed if said else None

    def cosigned_before(self, instant: datetime, own: Iterable[NodeKey]) -> tuple[int, str] | None:
        """See ``ledger.log.evidence``; ``own`` are the keys that the node ever had."""
        witnesses = independent(self.policy.witness_keys, own)
        tree = StoreTree(self._store, self._store.size())
        return cosigned_before(self._store, tree, self._origin, witnesses, instant)

    # -- being a witness -------------------------------------------------------

    def watched(self) -> Watched:
        return read_watched(self._home.watched_file)

    def witness(self) -> Witness:
        """Raises ``NoWitnessKey``."""
        if self.key is None:
            raise NoWitnessKey(home=self._home.path)
        return Witness(
            self._store,
            origin=self._origin,
            key=self.key,
            logs=self.watched,
            remembers=self._require_not_behind,
        )

    def add_checkpoint(self, data: bytes, at: datetime | None = None) -> Answer:
        """Answer a request now, or at the instant that a simulated clock is told.

        What it cosigned is remembered outside the store, too, when it returns. Raises
        ``WitnessBehind`` where that says more than the store, ``WitnessMarkLost`` where it is
        gone.
        """
        answer = self.witness().add_checkpoint(data, self._posix_seconds(at))
        if answer.cosigned is not None:
            checkpoint = answer.cosigned.checkpoint
            mark = Mark(
                store_id=str(self._store.info.store_id),
                origin=checkpoint.origin,
                size=checkpoint.size,
                root=checkpoint.root.hex(),
            )
            self._remembered(checkpoint.origin).raise_to(mark, replace=True)
        return answer

    def _require_not_behind(self, last: Checkpoint) -> None:
        """``last`` is what the store knows as cosigned last of a log."""
        remembered = self._remembered(last.origin)
        mark = remembered.read()
        if mark is None or mark.origin != last.origin:
            if os.path.lexists(remembered.path) or self._has_cosigned(last.origin):
                raise WitnessMarkLost(file=remembered.path, origin=last.origin)
            # Begun before anything is cosigned: from then on it can be missed.
            store_id, root = str(self._store.info.store_id), EMPTY_ROOT.hex()
            begun = Mark(store_id=store_id, origin=last.origin, size=0, root=root)
            remembered.raise_to(begun, replace=True)
            return
        if mark.size > last.size or (mark.size == last.size and mark.root != last.root.hex()):
            raise WitnessBehind(origin=last.origin, size=last.size, mark=mark.size)

    def _has_cosigned(self, origin: str) -> bool:
        """Under the key in use: one that is new has said nothing yet."""
        last = witnessed(self._store, origin)
        return last is not None and bool(last.note.verified_if_any([self.witness().verifier]))

    def _remembered(self, origin: str) -> HighWater:
        """What was cosigned of a log, beside the high-water mark of this node's own."""
        name = f"witnessed-{sha256(origin.encode()).hexdigest()[:16]}.json"
        return HighWater(self._marks / name)

    def _posix_seconds(self, at: datetime | None) -> int:
        if at is not None and not self._is_simulated:
            raise NotSimulated
        # A cosignature is no entry: a partner's simulated clock need not wait for this log.
        return int((at or self._instant(None)).timestamp())
