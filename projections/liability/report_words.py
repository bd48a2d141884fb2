"""The report's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.errors import Phrase

WORDS: Final[Mapping[str, Phrase]] = {
    "title": Phrase("Liability trail of a sanction", "惩戒措施责任链报告", "懲戒措施責任鏈報告"),
    "not_a_verdict": Phrase(
        "Evidence for the authority that decides; not a verdict.",
        "供有权机关认定之证据，并非裁决。",
        "供有權機關認定之證據，並非裁決。",
    ),
    "unsigned": Phrase(
        "This page is not signed: without --operator, --purpose and --basis the subject, staff, "
        "documents and digests are withheld, and no proofs are given.",
        "本页未签署：未以 --operator、--purpose、--basis 登记查询时，不显示主体、经办人、文号和摘要，"
        "也不提供证明。",
        "本頁未簽署：未以 --operator、--purpose、--basis 登記查詢時，不顯示主體、經辦人、文號和摘要，"
        "也不提供證明。",
    ),
    "sanction": Phrase("sanction", "惩戒措施", "懲戒措施"),
    "subject": Phrase("subject", "信用主体", "信用主體"),
    "withheld": Phrase("withheld", "不予显示", "不予顯示"),
    "measure": Phrase("measure", "措施", "措施"),
    "period": Phrase("period", "期限", "期限"),
    "initiator": Phrase("initiator", "发起部门", "發起部門"),
    "enforcer": Phrase("enforcer", "实施部门", "實施部門"),
    "imposed_at": Phrase("imposed at node", "作出节点", "作出節點"),
    "known_on": Phrase("counted up to", "计至（不含）", "計至（不含）"),
    "tree_size": Phrase("entries of the log", "日志条目数", "日誌條目數"),
    "days": Phrase("Days wrongly enforced", "错误执行天数", "錯誤執行天數"),
    "party": Phrase("party", "承担方", "承擔方"),
    "role": Phrase("role", "角色", "角色"),
    "count": Phrase("days", "天数", "天數"),
    "spans": Phrase("spans [from, until)", "起讫 [起, 止)", "起訖 [起, 止)"),
    "total": Phrase("total", "合计", "合計"),
    "answer": Phrase("The supplier's answer", "核实反馈", "核實回饋"),
    "due_on": Phrase("due on", "应答复日", "應答覆日"),
    "answered_on": Phrase("answered on", "答复日", "答覆日"),
    "overdue": Phrase("working days overdue", "逾期工作日", "逾期工作日"),
    "provisional": Phrase("provisional", "暂定", "暫定"),
    "graph": Phrase("Graph", "关系图", "關係圖"),
    "trail": Phrase("Trail", "经过", "經過"),
    "node": Phrase("node", "节点", "節點"),
    "entry": Phrase("entry", "条目", "條目"),
    "recorded_at": Phrase("recorded (UTC+8)", "记录时刻（UTC+8）", "記錄時刻（UTC+8）"),
    "what": Phrase("what", "事项", "事項"),
    "by": Phrase("entered by", "录入方", "錄入方"),
    "about": Phrase("about", "涉及", "涉及"),
    "digest": Phrase("SHA-256 of the entry", "条目 SHA-256", "條目 SHA-256"),
    "proof": Phrase(
        "inclusion proof (RFC 6962, base64, from the leaf up)",
        "包含证明（RFC 6962，base64，自叶向根）",
        "包含證明（RFC 6962，base64，自葉向根）",
    ),
    "brought": Phrase(
        "with its proof in the attached message of SHA-256",
        "连同证明载于所附消息，其 SHA-256",
        "連同證明載於所附訊息，其 SHA-256",
    ),
    "knowledge": Phrase("Who knew what, from which day", "何方自何日知悉", "何方自何日知悉"),
    "from": Phrase("from", "自", "自"),
    "open": Phrase("Still open", "尚未了结", "尚未了結"),
    "nothing_open": Phrase("nothing", "无", "無"),
    "limits": Phrase("What this does not prove", "本报告不证明的事项", "本報告不證明的事項"),
    "checkpoint": Phrase("Checkpoint", "检查点", "檢查點"),
    "verify": Phrase("How to verify", "如何验证", "如何驗證"),
    "verify_how": Phrase(
        "credit-ledger verify THIS_FILE --trust TRUST holds the whole page against the signed "
        "statement inside it. The statement alone, saved as a file, is verified by the same "
        "command; DSSE, Ed25519 and RFC 6962 are open formats that other tools verify too.",
        "credit-ledger verify 本文件 --trust 信任文件：将整个页面与其内含的已签署声明相核对。"
        "其中的声明亦可另存为文件，以同一命令验证；DSSE、Ed25519、RFC 6962 均为公开格式，"
        "亦可用其他工具验证。",
        "credit-ledger verify 本檔 --trust 信任檔案：將整個頁面與其內含的已簽署聲明相核對。"
        "其中的聲明亦可另存為檔案，以同一命令驗證；DSSE、Ed25519、RFC 6962 均為公開格式，"
        "亦可用其他工具驗證。",
    ),
}
