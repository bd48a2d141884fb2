"""The sentences of the reasons that only messages between nodes have."""

from __future__ import annotations

from typing import Final

from ledger.errors import Phrase
from ledger.log.reasons import Outcome, Reason

_INVALID: Final = Outcome.INVALID

MESSAGE_TABLE: Final[dict[Reason, tuple[Outcome, Phrase]]] = {
    Reason.MESSAGE_VERIFIED: (
        Outcome.VALID,
        Phrase(
            "{what} holds: node {node} signed it for {recipient}",
            "{what}验证通过：由节点 {node} 签发给 {recipient}",
            "{what}驗證通過：由節點 {node} 簽發給 {recipient}",
        ),
    ),
    Reason.EVENT_UNKNOWN: (
        Outcome.INDETERMINATE,
        Phrase(
            "entry {index} of node {node} is of a type that is not known here ({type}); is there "
            "a newer version of this program?",
            "节点 {node} 的条目 {index} 属于此处未知的类型（{type}）；本程序是否有新版本？",
            "節點 {node} 的條目 {index} 屬於此處未知的類型（{type}）；本程式是否有新版本？",
        ),
    ),
    Reason.WRONG_RECIPIENT: (
        _INVALID,
        Phrase(
            "it is for {recipient}, not for {own}",
            "其接收方为 {recipient}，而非 {own}",
            "其接收方為 {recipient}，而非 {own}",
        ),
    ),
    Reason.SECTIONS_DIFFER: (
        _INVALID,
        Phrase(
            "what is shown of the log of {node} does not fit the nodes that were passed: {why}",
            "所示节点 {node} 的日志与所经节点不符：{why}",
            "所示節點 {node} 的日誌與所經節點不符：{why}",
        ),
    ),
    Reason.ENTRY_UNREADABLE: (
        _INVALID,
        Phrase(
            "entry {index} of node {node} is not an entry in its canonical form",
            "节点 {node} 的条目 {index} 不是规范形式的条目",
            "節點 {node} 的條目 {index} 不是規範形式的條目",
        ),
    ),
    Reason.ENTRIES_UNORDERED: (
        _INVALID,
        Phrase(
            "entry {index} of node {node} stands twice, out of order, or breaks its stream's chain",
            "节点 {node} 的条目 {index} 重复、乱序或未接续其流",
            "節點 {node} 的條目 {index} 重複、亂序或未接續其流",
        ),
    ),
    Reason.ENTRY_EXTRA: (
        _INVALID,
        Phrase(
            "{what} of node {node} is about nothing that the message is about",
            "节点 {node} 的{what}与该消息所涉事项无关",
            "節點 {node} 的{what}與該訊息所涉事項無關",
        ),
    ),
    Reason.RECORD_TWICE: (
        _INVALID,
        Phrase(
            "record {record} stands twice",
            "信用信息 {record} 重复出现",
            "信用資訊 {record} 重複出現",
        ),
    ),
    Reason.RECORD_MISSING: (
        _INVALID,
        Phrase(
            "no entry of node {node} shows that it collected record {record} about this subject",
            "没有节点 {node} 的条目表明其就该主体归集了信用信息 {record}",
            "沒有節點 {node} 的條目表明其就該主體歸集了信用資訊 {record}",
        ),
    ),
    Reason.OPENING_MISSING: (
        _INVALID,
        Phrase(
            "the opening of subject {subject} at node {node} is not shown",
            "未列示主体 {subject} 在节点 {node} 的建档条目",
            "未列示主體 {subject} 在節點 {node} 的建檔條目",
        ),
    ),
    Reason.PATH_BROKEN: (
        _INVALID,
        Phrase(
            "that node {node} received record {record} from the node before it is not shown",
            "未能表明节点 {node} 自前一节点接收了信用信息 {record}",
            "未能表明節點 {node} 自前一節點接收了信用資訊 {record}",
        ),
    ),
    Reason.SUPPLIER_NOT_SHOWN: (
        _INVALID,
        Phrase(
            "that {supplier} was an admitted supplier on {day} is not shown for record {record}",
            "未能表明 {supplier} 于 {day} 是信用信息 {record} 的已接入信息提供单位",
            "未能表明 {supplier} 於 {day} 是信用資訊 {record} 的已接入資訊提供單位",
        ),
    ),
    Reason.SUBMISSION_MISSING: (
        _INVALID,
        Phrase(
            "the submission {manifest} that record {record} came from is not in the message",
            "消息中没有信用信息 {record} 所出自的提交清单 {manifest}",
            "訊息中沒有信用資訊 {record} 所出自的提交清單 {manifest}",
        ),
    ),
    Reason.SUBMISSION_UNSIGNED: (
        _INVALID,
        Phrase(
            "the submission {manifest} bears no signature of {signer} that was valid on {day}",
            "提交清单 {manifest} 没有 {signer} 于 {day} 有效的签名",
            "提交清單 {manifest} 沒有 {signer} 於 {day} 有效的簽名",
        ),
    ),
    Reason.SUBMISSION_DIFFERS: (
        _INVALID,
        Phrase(
            "the submission {manifest} is not what it should be: {why}",
            "提交清单 {manifest} 与应有内容不符：{why}",
            "提交清單 {manifest} 與應有內容不符：{why}",
        ),
    ),
    Reason.RECORD_NOT_IN_FORCE: (
        _INVALID,
        Phrase(
            "record {record} is no longer in force: its own entries say so ({act})",
            "信用信息 {record} 已不再有效：其条目已载明（{act}）",
            "信用資訊 {record} 已不再有效：其條目已載明（{act}）",
        ),
    ),
    Reason.RECORD_DISPUTED: (
        _INVALID,
        Phrase(
            "record {record} is disputed: its own entries show an open objection",
            "信用信息 {record} 处于异议中：其条目显示有未结异议",
            "信用資訊 {record} 處於異議中：其條目顯示有未結異議",
        ),
    ),
    Reason.ACT_DIFFERS: (
        _INVALID,
        Phrase(
            "entry {index} of node {node} is not the act that the notice tells of ({act})",
            "节点 {node} 的条目 {index} 不是通知所称的行为（{act}）",
            "節點 {node} 的條目 {index} 不是通知所稱的行為（{act}）",
        ),
    ),
    Reason.NOTICE_DIFFERS: (
        _INVALID,
        Phrase(
            "the log of node {node} does not hold the notice as it is told here",
            "节点 {node} 的日志未载有与此处所述一致的通知",
            "節點 {node} 的日誌未載有與此處所述一致的通知",
        ),
    ),
    Reason.ANSWER_UNPROVED: (
        _INVALID,
        Phrase(
            "the entries shown of node {node} do not bear out what it answers: {why}",
            "节点 {node} 所示条目不支持其答复：{why}",
            "節點 {node} 所示條目不支持其答覆：{why}",
        ),
    ),
    Reason.STATUS_DIFFERS: (
        _INVALID,
        Phrase(
            "the entries of sanction {sanction} do not say what the status says",
            "惩戒措施 {sanction} 的条目与所称执行情况不符",
            "懲戒措施 {sanction} 的條目與所稱執行情況不符",
        ),
    ),
    Reason.NESTED_TOO_MUCH: (
        _INVALID,
        Phrase(
            "it holds more messages inside one another than {limit}",
            "其内嵌消息超过上限 {limit}",
            "其內嵌訊息超過上限 {limit}",
        ),
    ),
    Reason.NESTED_DIFFERS: (
        _INVALID,
        Phrase(
            "a message inside it is not one that belongs there ({kind} of {sender})",
            "其内嵌消息不应出现于此（{sender} 的 {kind}）",
            "其內嵌訊息不應出現於此（{sender} 的 {kind}）",
        ),
    ),
}
