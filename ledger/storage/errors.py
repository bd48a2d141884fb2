"""Why a store refuses. Both stores raise these; the driver's own errors are chained.

Where the library has a class for the same thing, the error is also of that class, so
that code written against ``eventsourcing.persistence`` catches it.
"""

from __future__ import annotations

from collections.abc import Iterable

from eventsourcing.persistence import IntegrityError, OperationalError, ProgrammingError

from ledger.errors import ExitCode, LedgerError


class VersionConflict(LedgerError, IntegrityError):
    """Another writer was faster: ``conflicts`` holds the keys of the streams."""

    code = "version_conflict"
    exit_code = ExitCode.REFUSED
    en = "nothing was written: {count} stream(s) changed meanwhile ({streams}); read them and decide again"
    zh_cn = "未写入任何内容：{count} 个流已被他人更新（{streams}）；请重新读取后再决定"
    zh_tw = "未寫入任何內容：{count} 個流已被他人更新（{streams}）；請重新讀取後再決定"

    SHOWN = 5
    """A message names so many streams at most; ``conflicts`` holds them all."""

    def __init__(self, conflicts: Iterable[str]) -> None:
        self.conflicts = frozenset(conflicts)
        shown = sorted(self.conflicts)[: self.SHOWN]
        more = ", ..." if len(self.conflicts) > self.SHOWN else ""
        super().__init__(count=len(self.conflicts), streams=", ".join(shown) + more)


class GuardChanged(LedgerError):
    """What the decision rested on no longer holds; the caller decides again."""

    code = "guard_changed"
    exit_code = ExitCode.REFUSED
    en = "nothing was written: the decision assumed {what} {assumed}, now it is {found}; decide again"
    zh_cn = "未写入任何内容：决定所依据的 {what} 为 {assumed}，现为 {found}；请重新决定"
    zh_tw = "未寫入任何內容：決定所依據的 {what} 為 {assumed}，現為 {found}；請重新決定"


class PayloadTooLarge(LedgerError):
    """An entry would not fit the 16-bit length of an entry bundle."""

    code = "payload_too_large"
    exit_code = ExitCode.REFUSED
    en = "nothing was written: entry {seq} of {stream} has {size} bytes, at most {limit} are allowed; shorten its texts"
    zh_cn = "未写入任何内容：{stream} 的第 {seq} 条有 {size} 字节，上限为 {limit}；请缩短文字"
    zh_tw = "未寫入任何內容：{stream} 的第 {seq} 條有 {size} 位元組，上限為 {limit}；請縮短文字"


class ClockNotForward(LedgerError):
    """The clock handed the store an instant that is not after the last one."""

    code = "clock_not_forward"
    exit_code = ExitCode.INTERNAL
    en = "nothing was written: recorded_at {found} is not later than the last one, {last}"
    zh_cn = "未写入任何内容：记录时间 {found} 不晚于上一次的 {last}"
    zh_tw = "未寫入任何內容：記錄時間 {found} 不晚於上一次的 {last}"


class StoreBusy(LedgerError, OperationalError):
    """The append lock was not free in time."""

    code = "store_busy"
    exit_code = ExitCode.REFUSED
    en = "nothing was written: another writer held the store for more than {seconds} s; try again"
    zh_cn = "未写入任何内容：其他写入者占用存储超过 {seconds} 秒；请重试"
    zh_tw = "未寫入任何內容：其他寫入者佔用儲存超過 {seconds} 秒；請重試"


class StoreUnavailable(LedgerError, OperationalError):
    """The store cannot be reached or opened."""

    code = "store_unavailable"
    en = "the store {store} cannot be used: {reason}"
    zh_cn = "无法使用存储 {store}：{reason}"
    zh_tw = "無法使用儲存 {store}：{reason}"


class UnknownOutcome(LedgerError, OperationalError):
    """The commit was sent, its answer was lost, and the store cannot be asked."""

    code = "unknown_outcome"
    exit_code = ExitCode.INTERNAL
    en = "{count} entries were sent, but whether they were stored is not known ({reason}); read before writing again"
    zh_cn = "已提交 {count} 条，但无法确认是否已存储（{reason}）；再次写入前请先读取"
    zh_tw = "已提交 {count} 條，但無法確認是否已儲存（{reason}）；再次寫入前請先讀取"


class NotStored(LedgerError, OperationalError):
    """The connection broke during the commit; the store was asked, nothing was stored."""

    code = "not_stored"
    exit_code = ExitCode.REFUSED
    en = "nothing was written: the connection broke ({reason}); try again"
    zh_cn = "未写入任何内容：连接中断（{reason}）；请重试"
    zh_tw = "未寫入任何內容：連線中斷（{reason}）；請重試"


class StoreDamaged(LedgerError, IntegrityError):
    """The store contradicts itself; nothing is appended until it has been audited."""

    code = "store_damaged"
    exit_code = ExitCode.CHECK_FAILED
    en = "the store {store} contradicts itself: {reason}; run the audit before writing"
    zh_cn = "存储 {store} 自相矛盾：{reason}；写入前请先审计"
    zh_tw = "儲存 {store} 自相矛盾：{reason}；寫入前請先稽核"


class TailMissing(StoreDamaged):
    """Entries that were stored are no longer there."""

    code = "store_tail_missing"
    en = "the store {store} ends after {size} entries, but {stored} were stored; run the audit, then restore it"
    zh_cn = "存储 {store} 仅有 {size} 条，但曾存储 {stored} 条；请先审计，再恢复"
    zh_tw = "儲存 {store} 僅有 {size} 條，但曾儲存 {stored} 條；請先稽核，再復原"


class AppendOnly(LedgerError, IntegrityError):
    """A trigger of the store refused what would rewrite or reorder the log."""

    code = "append_only"
    exit_code = ExitCode.REFUSED
    en = "the store refused the change: {reason}"
    zh_cn = "存储拒绝了该变更：{reason}"
    zh_tw = "儲存拒絕了該變更：{reason}"


class NoStoreYet(StoreUnavailable):
    """Nothing is stored at the address."""

    code = "no_store_yet"
    en = "there is no store at {store}; found the node first"
    zh_cn = "{store} 处尚无存储；请先创建节点"
    zh_tw = "{store} 處尚無儲存；請先建立節點"


class NotThisStore(LedgerError):
    """The address leads to no store, or to one that must not be used."""

    code = "not_this_store"
    en = "{store} is no store of this ledger; check the address"
    zh_cn = "{store} 不是本账本的存储；请检查地址"
    zh_tw = "{store} 不是本帳本的儲存；請檢查位址"


class UnknownAddress(NotThisStore):
    """The address cannot be read."""

    code = "unknown_store_address"
    en = "{store} is no address of a store; write sqlite:///absolute/path or postgresql://user@host/database"
    zh_cn = "{store} 不是存储地址；请写作 sqlite:///绝对路径 或 postgresql://用户@主机/数据库"
    zh_tw = "{store} 不是儲存位址；請寫作 sqlite:///絕對路徑 或 postgresql://使用者@主機/資料庫"


class NodeNameUnusable(NotThisStore):
    """The node's name is missing, or cannot name a schema."""

    code = "node_name_unusable"
    en = "the store {store} needs the node's name, of 1 to {limit} bytes; found {found}"
    zh_cn = "存储 {store} 需要节点名称，长度为 1 至 {limit} 字节；现为 {found}"
    zh_tw = "儲存 {store} 需要節點名稱，長度為 1 至 {limit} 位元組；現為 {found}"


class OtherVersion(NotThisStore):
    """The tables are those of another version of this program."""

    code = "store_of_other_version"
    en = "the store {store} was made by another version of this program; use that version"
    zh_cn = "存储 {store} 由本程序的其他版本创建；请使用该版本"
    zh_tw = "儲存 {store} 由本程式的其他版本建立；請使用該版本"


class OtherNode(NotThisStore):
    """The store belongs to another node."""

    code = "store_of_other_node"
    en = "the store {store} belongs to node {found}, not to {expected}; check the address"
    zh_cn = "存储 {store} 属于节点 {found}，而非 {expected}；请检查地址"
    zh_tw = "儲存 {store} 屬於節點 {found}，而非 {expected}；請檢查位址"


class NotADraft(LedgerError, ProgrammingError):
    """A program handed the store something it cannot seal."""

    code = "not_a_draft"
    exit_code = ExitCode.INTERNAL
    en = "the store cannot append {found} here: {reason}"
    zh_cn = "存储无法追加 {found}：{reason}"
    zh_tw = "儲存無法追加 {found}：{reason}"


class SignerFailed(LedgerError):
    """The signer process ended or answered nonsense; nothing was written."""

    code = "signer_failed"
    exit_code = ExitCode.INTERNAL
    en = "nothing was written: the signer process failed ({reason})"
    zh_cn = "未写入任何内容：签名进程失败（{reason}）"
    zh_tw = "未寫入任何內容：簽章行程失敗（{reason}）"
