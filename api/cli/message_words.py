"""What ``verify`` says of messages between nodes, in three languages."""

from __future__ import annotations

from typing import Final

MESSAGE_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "verified_message": (
        "{kind} {id}, SHA-256 {digest}",
        "{kind} {id}，SHA-256 {digest}",
        "{kind} {id}，SHA-256 {digest}",
    ),
    "verified_record": (
        "record {record}: {verdict} ({reason}): {detail}",
        "信用信息 {record}：{verdict}（{reason}）：{detail}",
        "信用資訊 {record}：{verdict}（{reason}）：{detail}",
    ),
    "signer_compromised": (
        (
            "note: the key that signed the message is compromised: what the message shows of the "
            "logs holds, its own words (recipient, purpose, answers) may be another's"
        ),
        (
            "注意：签署该消息的密钥已泄露：所示日志内容成立，但消息自身的表述"
            "（接收方、用途、答复）可能出自他人"
        ),
        (
            "注意：簽署該訊息的金鑰已洩露：所示日誌內容成立，但訊息自身的表述"
            "（接收方、用途、答覆）可能出自他人"
        ),
    ),
    "newer_trust_list": (
        "note: the sender went by a newer trust list than the one given",
        "注意：发送方所依据的信任列表比所给的更新",
        "注意：發送方所依據的信任清單比所給的更新",
    ),
    "jurisdictions_differ": (
        "note: the regions that the bundle names are not those of its nodes in the trust list",
        "注意：共享包所载地区与信任列表中其节点的地区不一致",
        "注意：共享包所載地區與信任清單中其節點的地區不一致",
    ),
}
