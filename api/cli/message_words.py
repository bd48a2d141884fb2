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
            "note: the key that signed the message is compromised, and nothing dates an envelope: "
            "it may be anybody's; ask its sender to send it again under the key that is in force"
        ),
        (
            "注意：签署该消息的密钥已泄露，而信封无法证明其时间，可能出自任何人；"
            "请发送方以现行有效的密钥重新发送"
        ),
        (
            "注意：簽署該訊息的金鑰已洩露，而信封無法證明其時間，可能出自任何人；"
            "請發送方以現行有效的金鑰重新發送"
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
