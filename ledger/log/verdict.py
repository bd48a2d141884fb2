"""What a verification ends with: one verdict, one reason of a closed list, one sentence.

``VALID``: everything holds. ``VALID_HISTORICAL``: everything holds, but a key has ended
since, or was compromised later than independent evidence dates what it signed.
``INDETERMINATE``: what the trust file says does not suffice to tell. ``INVALID``: something
is wrong with what was given.

Each reason belongs to one verdict. Reasons are stable: programs match on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from ledger.errors import Language, LedgerError, Phrase
from ledger.log.message_reasons import MESSAGE_TABLE
from ledger.log.reasons import Outcome, Reason

__all__ = ["Outcome", "Reason", "Verdict"]


_TABLE: Final[dict[Reason, tuple[Outcome, Phrase]]] = {
    Reason.VERIFIED: (
        Outcome.VALID,
        Phrase(
            "{what} holds: log {origin}, size {size}",
            "{what}验证通过：日志 {origin}，大小 {size}",
            "{what}驗證通過：日誌 {origin}，大小 {size}",
        ),
    ),
    Reason.SIGNATURE_ONLY: (
        Outcome.VALID,
        Phrase(
            "the signature of node {node} holds; that the log contains the entry is not shown: "
            "verify its proof with --entry",
            "节点 {node} 的签名有效；但未证明日志包含该条目：请连同 --entry 验证其证明",
            "節點 {node} 的簽名有效；但未證明日誌包含該條目：請連同 --entry 驗證其證明",
        ),
    ),
    Reason.KEY_ENDED: (
        Outcome.VALID_HISTORICAL,
        Phrase(
            "{what} holds, under key {keyid} which has ended at {until}",
            "{what}验证通过，所用密钥 {keyid} 已于 {until} 终止",
            "{what}驗證通過，所用金鑰 {keyid} 已於 {until} 終止",
        ),
    ),
    Reason.DATED_BEFORE_COMPROMISE: (
        Outcome.VALID_HISTORICAL,
        Phrase(
            "{what} holds: key {keyid} is compromised since {since}, witnesses saw it before",
            "{what}验证通过：密钥 {keyid} 自 {since} 起泄露，见证方此前已见",
            "{what}驗證通過：金鑰 {keyid} 自 {since} 起洩露，見證方此前已見",
        ),
    ),
    Reason.UNKNOWN_LOG: (
        Outcome.INDETERMINATE,
        Phrase(
            "the trust file knows no node or log {name}",
            "信任文件中没有节点或日志 {name}",
            "信任檔案中沒有節點或日誌 {name}",
        ),
    ),
    Reason.UNKNOWN_KEY: (
        Outcome.INDETERMINATE,
        Phrase(
            "no signature of {name} is by a key of the trust file; is a newer one to be had?",
            "{name} 的签名均不属于信任文件中的密钥；是否有更新的信任文件？",
            "{name} 的簽名均不屬於信任檔案中的金鑰；是否有更新的信任檔案？",
        ),
    ),
    Reason.POLICY_UNMET: (
        Outcome.INDETERMINATE,
        Phrase(
            "the checkpoint of size {size} bears {found} cosignatures of trusted witnesses: "
            "the policy asks for more",
            "大小为 {size} 的检查点仅有 {found} 个受信任见证方的联署，未达策略要求",
            "大小為 {size} 的檢查點僅有 {found} 個受信任見證方的聯署，未達策略要求",
        ),
    ),
    Reason.COMPROMISED_UNDATED: (
        Outcome.INDETERMINATE,
        Phrase(
            "key {keyid} is compromised since {since}, and nothing but the key itself dates "
            "{what} before",
            "密钥 {keyid} 自 {since} 起泄露，除其自身外无证据表明{what}早于此时",
            "金鑰 {keyid} 自 {since} 起洩露，除其自身外無證據表明{what}早於此時",
        ),
    ),
    Reason.ENTRY_NEEDED: (
        Outcome.INDETERMINATE,
        Phrase(
            "the checkpoint holds; which entry the proof of index {index} is for is not told: "
            "give it with --entry",
            "检查点有效；但序号 {index} 的证明所对应的条目未给出：请用 --entry 指定",
            "檢查點有效；但序號 {index} 的證明所對應的條目未給出：請用 --entry 指定",
        ),
    ),
    Reason.KIND_NOT_VERIFIED: (
        Outcome.INDETERMINATE,
        Phrase(
            "documents of type {kind} are not verified here",
            "此处不验证 {kind} 类型的文件",
            "此處不驗證 {kind} 類型的文件",
        ),
    ),
    Reason.TOO_LARGE: (
        Outcome.INVALID,
        Phrase(
            "it is larger than {limit} bytes, more than there can be of its kind",
            "超过 {limit} 字节，不可能是此类文件",
            "超過 {limit} 位元組，不可能是此類檔案",
        ),
    ),
    Reason.MALFORMED: (
        Outcome.INVALID,
        Phrase("{why}", "{why}", "{why}"),
    ),
    Reason.SIGNATURE_FAILS: (
        Outcome.INVALID,
        Phrase(
            "a signature of {what} under the known key {key} fails: do not use it",
            "{what}在已知密钥 {key} 名下的签名验证失败，请勿使用",
            "{what}在已知金鑰 {key} 名下的簽名驗證失敗，請勿使用",
        ),
    ),
    Reason.KEY_NOT_ALLOWED: (
        Outcome.INVALID,
        Phrase(
            "key {keyid} may not sign this for node {node}",
            "密钥 {keyid} 无权为节点 {node} 签署此内容",
            "金鑰 {keyid} 無權為節點 {node} 簽署此內容",
        ),
    ),
    Reason.OUTSIDE_VALIDITY: (
        Outcome.INVALID,
        Phrase(
            "{what} is dated {at}, when key {keyid} was not valid",
            "{what}日期为 {at}，当时密钥 {keyid} 无效",
            "{what}日期為 {at}，當時金鑰 {keyid} 無效",
        ),
    ),
    Reason.ANOTHER_NODE: (
        Outcome.INVALID,
        Phrase(
            "the entry is of node {node}, the log {origin} is another's",
            "该条目属于节点 {node}，而日志 {origin} 属于其他节点",
            "該條目屬於節點 {node}，而日誌 {origin} 屬於其他節點",
        ),
    ),
    Reason.PROOF_FAILS: (
        Outcome.INVALID,
        Phrase(
            "the proof does not show the entry at index {index} of {size} ({fault})",
            "证明未能表明该条目位于大小为 {size} 的日志的序号 {index}（{fault}）",
            "證明未能表明該條目位於大小為 {size} 的日誌的序號 {index}（{fault}）",
        ),
    ),
    Reason.FOLD_UNKNOWN: (
        Outcome.INDETERMINATE,
        Phrase(
            "all is proved but the answer: it was folded by version {version}, {known} is known here",
            "除答复外均已证明：答复由版本 {version} 归并，此处所知版本为 {known}",
            "除答覆外均已證明：答覆由版本 {version} 歸併，此處所知版本為 {known}",
        ),
    ),
    Reason.ANOTHER_LOG: (
        Outcome.INVALID,
        Phrase(
            "it speaks for {found}, the log {origin} is another's",
            "其以 {found} 的名义作出，而日志 {origin} 属于他方",
            "其以 {found} 的名義作出，而日誌 {origin} 屬於他方",
        ),
    ),
    Reason.COMMITMENT_FAILS: (
        Outcome.INVALID,
        Phrase(
            "entry {index} is no commitment of the node to all its subjects",
            "条目 {index} 不是该节点对全部主体的承诺",
            "條目 {index} 不是該節點對全部主體的承諾",
        ),
    ),
    Reason.COMMITMENT_STALE: (
        Outcome.INVALID,
        Phrase(
            "the commitment reaches to size {covered}, the answer stands on size {size}",
            "承诺所及的大小为 {covered}，而答复依据的大小为 {size}",
            "承諾所及的大小為 {covered}，而答覆依據的大小為 {size}",
        ),
    ),
    Reason.ENTRY_MISPLACED: (
        Outcome.INVALID,
        Phrase(
            "entry {index} does not continue the subject's entries",
            "条目 {index} 未接续该主体的条目",
            "條目 {index} 未接續該主體的條目",
        ),
    ),
    Reason.KNOWN_AT_DIFFERS: (
        Outcome.INVALID,
        Phrase(
            "entry {index} and known_at contradict each other",
            "条目 {index} 与知悉时点相互矛盾",
            "條目 {index} 與知悉時點相互矛盾",
        ),
    ),
    Reason.STREAMS_DIFFER: (
        Outcome.INVALID,
        Phrase(
            "shown are not the entries of the subject and of all that is tied to it: {stream}",
            "所示条目并非该主体及与其相连者的全部：{stream}",
            "所示條目並非該主體及與其相連者的全部：{stream}",
        ),
    ),
    Reason.HELD_NOT_PROVED: (
        Outcome.INVALID,
        Phrase(
            "how much the node held on {stream} is not proved: {why}",
            "未能证明节点就 {stream} 持有多少条目：{why}",
            "未能證明節點就 {stream} 持有多少條目：{why}",
        ),
    ),
    Reason.INCOMPLETE: (
        Outcome.INVALID,
        Phrase(
            "the entries of {stream} are not shown from the first one on: {why}",
            "{stream} 的条目并非自首条起完整列示：{why}",
            "{stream} 的條目並非自首條起完整列示：{why}",
        ),
    ),
    Reason.NEXT_NOT_LATER: (
        Outcome.INVALID,
        Phrase(
            "that the next entry of {stream} came after size {size} is not shown",
            "未能表明 {stream} 的后一条目晚于大小 {size}",
            "未能表明 {stream} 的後一條目晚於大小 {size}",
        ),
    ),
    Reason.SUBJECT_DIFFERS: (
        Outcome.INVALID,
        Phrase(
            "the id {stream} is not that of the identifier stated for it",
            "标识 {stream} 与所称的身份标识不符",
            "識別碼 {stream} 與所稱的身分識別碼不符",
        ),
    ),
    Reason.DISCLOSURE_FAILS: (
        Outcome.INVALID,
        Phrase(
            "what is said of the field {field} of entry {index} is not what it committed to",
            "就条目 {index} 的字段 {field} 所述内容与其承诺不符",
            "就條目 {index} 的欄位 {field} 所述內容與其承諾不符",
        ),
    ),
    Reason.UNFOLDABLE: (
        Outcome.INVALID,
        Phrase(
            "the entries shown give no answer at all ({why})",
            "所示条目无法得出任何答复（{why}）",
            "所示條目無法得出任何答覆（{why}）",
        ),
    ),
    Reason.ANSWER_DIFFERS: (
        Outcome.INVALID,
        Phrase(
            "the entries shown give another answer than the one stated",
            "所示条目得出的答复与所称答复不同",
            "所示條目得出的答覆與所稱答覆不同",
        ),
    ),
    Reason.LIMITS_DIFFER: (
        Outcome.INVALID,
        Phrase(
            "it does not name the limits that it has",
            "其未列明应有的限制",
            "其未列明應有的限制",
        ),
    ),
    Reason.ATTACHED_DIFFERS: (
        Outcome.INVALID,
        Phrase(
            "attached are not, in their order, the messages that its entries name: {digest}",
            "所附并非其条目依次所指的消息：{digest}",
            "所附並非其條目依次所指的訊息：{digest}",
        ),
    ),
    Reason.PAGE_DIFFERS: (
        Outcome.INVALID,
        Phrase(
            "the statement inside holds, but the page around it does not say the same",
            "其内含的声明有效，但页面内容与之不符",
            "其內含的聲明有效，但頁面內容與之不符",
        ),
    ),
} | MESSAGE_TABLE


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a verification ended. Made by ``of``."""

    reason: Reason
    fields: tuple[tuple[str, object], ...]

    @classmethod
    def of(cls, reason: Reason, **fields: object) -> Self:
        """``fields`` are those of the reason's sentence; phrases and errors among them are told
        in its language.
        """
        return cls(reason, tuple(fields.items()))

    @property
    def outcome(self) -> Outcome:
        return _TABLE[self.reason][0]

    @property
    def is_good(self) -> bool:
        return self.outcome in {Outcome.VALID, Outcome.VALID_HISTORICAL}

    def detail(self, language: Language = "en") -> str:
        """The sentence for a person."""
        told = {
            name: field.message(language) if isinstance(field, Phrase | LedgerError) else field
            for name, field in self.fields
        }
        phrase = _TABLE[self.reason][1]
        return Phrase(phrase.en, phrase.zh_cn, phrase.zh_tw, told).message(language)

    def to_value(self, language: Language = "en") -> dict[str, str]:
        """``{"verdict", "reason", "detail"}``."""
        return {
            "verdict": str(self.outcome),
            "reason": str(self.reason),
            "detail": self.detail(language),
        }
