"""What an audit can find, and how it is told.

Leaf index, a stable kind to match on, an English detail; it quotes no fact: that may be personal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from ledger.errors import Language

MAX_KEPT_PER_KIND: Final = 1_000
"""Faults kept of one kind; one cause can spoil every entry, and must not hide the others."""

MAX_DETAIL: Final = 300
"""Characters of a detail; parts of it come from what is being judged."""

FaultKind = Literal[
    "bad_signature",
    "unknown_key",
    "key_not_valid",
    "not_canonical",
    "unreadable",
    "broken_chain",
    "seq_gap",
    "index_gap",
    "time_order",
    "column_mismatch",
    "wrong_node",
    "not_founded",
    "commitment_mismatch",
    "details_missing",
    "data_key_lost",
    "erasure_unfinished",
    "erasure_unrecorded",
    "missing_manifest",
    "bad_manifest",
    "row_mismatch",
    "missing_rule_pack",
    "missing_trust_list",
    "missing_message",
    "truncated",
    "tile_mismatch",
    "heads_mismatch",
    "bad_checkpoint",
    "checkpoint_mismatch",
    "bad_cosignature",
    "unmatched_cosignature",
    "bad_evidence",
    "behind_high_water",
    "high_water_mismatch",
    "fork",
    "lookup_mismatch",
    "miscounted",
    "store_altered",
    "store_unreadable",
    "stray_note",
    "checkpoints_missing",
]

RemarkKind = Literal[
    "unknown_cosigner",
    "fork_of_another_log",
    "foreign_high_water",
    "outside_unproved",
    "no_high_water",
    "ended_key",
    "triggers_altered",
]
"""What is worth knowing and is no fault of the log."""

MAX_REMARKS: Final = 100


class Words(NamedTuple):
    """One sentence for people, in three languages."""

    en: str
    zh_cn: str
    zh_tw: str


KINDS: Final[Mapping[FaultKind, Words]] = {
    "bad_signature": Words(
        "the signature is not the node's on these bytes: one or the other was changed",
        "签名与条目内容不符：其中之一被改动",
        "簽章與條目內容不符：其中之一被改動",
    ),
    "unknown_key": Words(
        "the entry names a key that the log had not introduced by then",
        "条目所用密钥此前未在日志中启用",
        "條目所用金鑰此前未在日誌中啟用",
    ),
    "key_not_valid": Words(
        "the key did not hold, or not for this purpose, when the entry was recorded",
        "记录条目时该密钥不在有效期内或用途不符",
        "記錄條目時該金鑰不在有效期內或用途不符",
    ),
    "not_canonical": Words(
        "the entry's bytes are not in canonical form (RFC 8785)",
        "条目字节不是规范形式（RFC 8785）",
        "條目位元組不是規範形式（RFC 8785）",
    ),
    "unreadable": Words(
        "the entry cannot be read as an event of the vocabulary",
        "条目无法按事件词汇表读取",
        "條目無法依事件詞彙表讀取",
    ),
    "broken_chain": Words(
        "the entry does not name the digest of the entry before it in its stream",
        "条目所记的前一条目摘要与实际不符",
        "條目所記的前一條目摘要與實際不符",
    ),
    "seq_gap": Words(
        "the entry is not the next one of its stream",
        "条目不是其所在流的下一条",
        "條目不是其所在流的下一條",
    ),
    "index_gap": Words(
        "the leaf index does not follow the one before: an entry is missing or out of place",
        "叶序号不连续：有条目缺失或错位",
        "葉序號不連續：有條目缺失或錯位",
    ),
    "time_order": Words(
        "the entry was recorded before the one that stands before it",
        "条目的记录时间早于其前一条目",
        "條目的記錄時間早於其前一條目",
    ),
    "column_mismatch": Words(
        "a column of the store says something else than the signed entry",
        "存储列与已签名的条目内容不一致",
        "儲存欄與已簽章的條目內容不一致",
    ),
    "wrong_node": Words(
        "the entry belongs to another node", "条目属于其他节点", "條目屬於其他節點"
    ),
    "not_founded": Words(
        "the log does not begin with the founding of its node, once",
        "日志不是以节点建立条目开始，或该条目重复",
        "日誌不是以節點建立條目開始，或該條目重複",
    ),
    "commitment_mismatch": Words(
        "sealed details are damaged or are not what the entry committed to",
        "密封内容已损坏或与条目中的承诺不符",
        "密封內容已損壞或與條目中的承諾不符",
    ),
    "details_missing": Words(
        "the entry committed to sealed details that are not there",
        "条目承诺的密封内容缺失",
        "條目承諾的密封內容缺失",
    ),
    "data_key_lost": Words(
        "the data key of sealed details is neither there nor destroyed: restore the key store",
        "密封内容的数据密钥既不存在也未被销毁：请恢复密钥库",
        "密封內容的資料金鑰既不存在也未被銷毀：請還原金鑰庫",
    ),
    "erasure_unfinished": Words(
        "an erasure is recorded, but its data key still exists: erase again",
        "已记录删除，但数据密钥仍然存在：请再次执行删除",
        "已記錄刪除，但資料金鑰仍然存在：請再次執行刪除",
    ),
    "erasure_unrecorded": Words(
        "a data key was destroyed, or is not this entry's, and no erasure recorded says so",
        "数据密钥已被销毁或不属于该条目，而日志中没有相应的删除记录",
        "資料金鑰已被銷毀或不屬於該條目，而日誌中沒有相應的刪除記錄",
    ),
    "missing_manifest": Words(
        "the submission that the entry names is not in the store",
        "条目所引用的提交清单不在存储中",
        "條目所引用的提交清單不在儲存中",
    ),
    "bad_manifest": Words(
        "the submission is damaged, or not signed by whom it names with a key valid that day",
        "提交清单已损坏，或并非由其所称一方以当日有效的密钥签署",
        "提交清單已損壞，或並非由其所稱一方以當日有效的金鑰簽署",
    ),
    "row_mismatch": Words(
        "the submission does not hold the row that the entry came from",
        "提交清单与条目来源行不符",
        "提交清單與條目來源列不符",
    ),
    "missing_rule_pack": Words(
        "the adopted rule pack is not in the store as it was adopted",
        "所采用的规则包在存储中缺失或已改动",
        "所採用的規則包在儲存中缺失或已改動",
    ),
    "missing_trust_list": Words(
        "the adopted trust list is not in the store as it was adopted",
        "所采用的信任列表在存储中缺失或已改动",
        "所採用的信任列表在儲存中缺失或已改動",
    ),
    "missing_message": Words(
        "its message is not kept as it came", "所引用的消息缺失或已改动", "所引用的訊息缺失或已改動"
    ),
    "truncated": Words(
        "the store once held more entries than it does now",
        "存储中曾有更多条目，现已缺失",
        "儲存中曾有更多條目，現已缺失",
    ),
    "tile_mismatch": Words(
        "a stored tile of the tree is not what the entries make of it",
        "存储的树分片与由条目重建的结果不符",
        "儲存的樹分片與由條目重建的結果不符",
    ),
    "heads_mismatch": Words(
        "the commitment to all subjects is not what the entries make of it, or out of place",
        "主体承诺与由条目重建的结果不符，或位置不当",
        "主體承諾與由條目重建的結果不符，或位置不當",
    ),
    "bad_checkpoint": Words(
        "a stored checkpoint is damaged, or not signed by a key of this log valid then",
        "存储的检查点已损坏，或并非由本日志当时有效的密钥签署",
        "儲存的檢查點已損壞，或並非由本日誌當時有效的金鑰簽署",
    ),
    "checkpoint_mismatch": Words(
        "a checkpoint that this log signed is not of the entries that it holds now",
        "本日志签署的检查点与现有条目不符",
        "本日誌簽署的檢查點與現有條目不符",
    ),
    "bad_cosignature": Words(
        "a stored cosignature is damaged, or of no checkpoint of this log",
        "存储的联署签名已损坏，或不属于本日志的检查点",
        "儲存的聯署簽名已損壞，或不屬於本日誌的檢查點",
    ),
    "unmatched_cosignature": Words(
        "a witness cosigned something else than the checkpoints kept here",
        "见证方联署的内容不是此处保存的任何检查点",
        "見證方聯署的內容不是此處保存的任何檢查點",
    ),
    "bad_evidence": Words(
        "nobody else is shown to have dated what a declared compromise says is covered",
        "密钥泄露声明所称的覆盖范围没有他方在此之前的联署为证",
        "金鑰洩露聲明所稱的涵蓋範圍沒有他方在此之前的聯署為證",
    ),
    "behind_high_water": Words(
        "the log is shorter than its high-water mark: an old backup was restored, or a tail cut",
        "日志短于其高水位标记：恢复了旧备份，或尾部被截断",
        "日誌短於其高水位標記：還原了舊備份，或尾部被截斷",
    ),
    "high_water_mismatch": Words(
        "the log does not begin with the entries that its high-water mark was set for",
        "日志开头的条目与其高水位标记不符",
        "日誌開頭的條目與其高水位標記不符",
    ),
    "fork": Words(
        "somebody was shown another history: a signed checkpoint contradicts this log",
        "曾向他方出示另一历史：已签名的检查点与本日志相矛盾",
        "曾向他方出示另一歷史：已簽名的檢查點與本日誌相矛盾",
    ),
    "lookup_mismatch": Words(
        "the index that answers are read by does not lead to the entry, or leads elsewhere",
        "查询所依据的索引找不到该条目，或指向别处",
        "查詢所依據的索引找不到該條目，或指向別處",
    ),
    "miscounted": Words(
        "the store counts fewer entries than it holds: it takes no more of them",
        "存储的计数少于实有条目，无法再写入",
        "儲存的計數少於實有條目，無法再寫入",
    ),
    "store_altered": Words(
        "a table or an index of the store is not as this program makes it",
        "存储的表或索引与本程序所建的不同",
        "儲存的表或索引與本程式所建的不同",
    ),
    "store_unreadable": Words(
        "a part of the store beside the entries cannot be read: restore it",
        "存储中条目以外的部分无法读取：请恢复",
        "儲存中條目以外的部分無法讀取：請還原",
    ),
    "stray_note": Words(
        "a stored note is damaged, misfiled, or nothing that this program keeps",
        "存储的签名文本已损坏、归档有误，或并非本程序所存",
        "儲存的簽名文本已損壞、歸檔有誤，或並非本程式所存",
    ),
    "checkpoints_missing": Words(
        "no checkpoint of this log is kept, and its high-water mark says that some were signed",
        "未存有本日志的检查点，而高水位标记表明曾经签署",
        "未存有本日誌的檢查點，而高水位標記表明曾經簽署",
    ),
}

REMARKS: Final[Mapping[RemarkKind, Words]] = {
    "unknown_cosigner": Words(
        "cosignatures of a witness whose key is not known here were not verified",
        "见证方的密钥未知，其联署签名未予核验",
        "見證方的金鑰未知，其聯署簽名未予核驗",
    ),
    "fork_of_another_log": Words(
        "evidence is kept that another log showed two histories",
        "留存有另一日志出示两种历史的证据",
        "留存有另一日誌出示兩種歷史的證據",
    ),
    "foreign_high_water": Words(
        "the high-water mark is of another store or log: nothing can be told from it",
        "高水位标记属于另一存储或日志，无从判断",
        "高水位標記屬於另一儲存或日誌，無從判斷",
    ),
    "outside_unproved": Words(
        "what was given bears no valid signature for this log of a key known here: it proves nothing",
        "所给文件没有此处已知密钥对本日志的有效签名，不能证明任何事项",
        "所給檔案沒有此處已知金鑰對本日誌的有效簽名，不能證明任何事項",
    ),
    "no_high_water": Words(
        "there is no high-water mark to be read: an old backup cannot be told from the whole log",
        "没有可读取的高水位标记，无法分辨是否为恢复的旧备份",
        "沒有可讀取的高水位標記，無法分辨是否為還原的舊備份",
    ),
    "ended_key": Words(
        "another history is signed with a key that had ended or was compromised: it proves nothing",
        "另一历史由已停用或已泄露的密钥签署，不能证明任何事项",
        "另一歷史由已停用或已洩露的金鑰簽署，不能證明任何事項",
    ),
    "triggers_altered": Words(
        "triggers that keep the store append-only were removed, changed or added",
        "使存储只可追加的触发器已被移除、更改或增加",
        "使儲存只可追加的觸發器已被移除、更改或增加",
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong, at one leaf index (-1: of the log as a whole)."""

    index: int
    kind: FaultKind
    detail: str

    def message(self, language: Language = "en") -> str:
        """The kind's sentence for a person."""
        return _in(language, KINDS[self.kind])


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to be told that is no fault of the log."""

    kind: RemarkKind
    detail: str

    def message(self, language: Language = "en") -> str:
        """The kind's sentence for a person."""
        return _in(language, REMARKS[self.kind])


@dataclass(frozen=True, slots=True)
class AuditReport:
    """``entries`` is how many rows were read; ``faults`` stand in the order of the log.

    ``omitted`` counts the faults that were found beyond ``MAX_KEPT_PER_KIND`` of their kind.
    """

    ok: bool
    entries: int
    faults: tuple[Fault, ...]
    omitted: int = 0
    remarks: tuple[Remark, ...] = ()


@dataclass(slots=True)
class FaultList:
    """Collects faults in bounded memory."""

    kept: list[Fault] = field(default_factory=list)
    counts: dict[FaultKind, int] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def add(self, index: int, kind: FaultKind, detail: str) -> None:
        count = self.counts.get(kind, 0) + 1
        self.counts[kind] = count
        if count <= MAX_KEPT_PER_KIND:
            self.kept.append(Fault(index, kind, _short(detail)))

    def omit(self, kind: FaultKind, count: int) -> None:
        """So many more of a kind that somebody else counted and did not keep."""
        self.counts[kind] = self.counts.get(kind, 0) + count

    def remark(self, kind: RemarkKind, detail: str) -> None:
        """Tell something once."""
        found = Remark(kind, _short(detail))
        if found not in self.remarks and len(self.remarks) < MAX_REMARKS:
            self.remarks.append(found)

    def report(self, entries: int) -> AuditReport:
        found = sum(self.counts.values())
        kept = tuple(sorted(self.kept, key=lambda fault: fault.index))
        return AuditReport(found == 0, entries, kept, found - len(kept), tuple(self.remarks))


def _in(language: Language, words: Words) -> str:
    return {"en": words.en, "zh-CN": words.zh_cn, "zh-TW": words.zh_tw}[language]


def _short(detail: str) -> str:
    # Lone surrogates and control characters of a hostile row must not break a terminal.
    clean = detail.encode("utf-8", "replace").decode("utf-8")
    clean = "".join(c if c.isprintable() else "?" for c in clean[: MAX_DETAIL + 1])
    return clean if len(clean) <= MAX_DETAIL else clean[: MAX_DETAIL - 3] + "..."
