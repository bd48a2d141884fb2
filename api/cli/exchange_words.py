"""The words of ``exchange`` in three languages."""

from __future__ import annotations

from typing import Final

EXCHANGE_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "bundle_made": (
        "{path}: a bundle of {records} records for {to}, digest {digest}",
        "{path}：提供给 {to} 的共享包，{records} 条信用信息，摘要 {digest}",
        "{path}：提供給 {to} 的共享包，{records} 筆信用資訊，摘要 {digest}",
    ),
    "message_taken": (
        "{kind} {digest} from {sender}: {verdict}",
        "来自 {sender} 的 {kind} {digest}：{verdict}",
        "來自 {sender} 的 {kind} {digest}：{verdict}",
    ),
    "message_not_taken": (
        "{kind} {digest}: {verdict} ({reason}): {why}",
        "{kind} {digest}：{verdict}（{reason}）：{why}",
        "{kind} {digest}：{verdict}（{reason}）：{why}",
    ),
    "message_effect": (
        "sanction {sanction}: {effect}",
        "惩戒 {sanction}：{effect}",
        "懲戒 {sanction}：{effect}",
    ),
    "message_written": (
        "{path}: {kind} for {to}",
        "{path}：致 {to} 的 {kind}",
        "{path}：致 {to} 的 {kind}",
    ),
    "message_to_nobody": (
        "whoever sent it",
        "发送者",
        "傳送者",
    ),
    "exchange_answers": (
        "node {node} answers at {url}",
        "节点 {node} 的服务地址：{url}",
        "節點 {node} 的服務位址：{url}",
    ),
    "message_brought": (
        "{kind} {digest} to {peer}: {verdict}",
        "致 {peer} 的 {kind} {digest}：{verdict}",
        "致 {peer} 的 {kind} {digest}：{verdict}",
    ),
    "message_not_brought": (
        "{kind} {digest} to {peer}: {verdict} ({reason})",
        "致 {peer} 的 {kind} {digest}：{verdict}（{reason}）",
        "致 {peer} 的 {kind} {digest}：{verdict}（{reason}）",
    ),
    "nothing_exchanged": (
        "nothing is owed between this node and {peer}",
        "本节点与 {peer} 之间没有待发消息",
        "本節點與 {peer} 之間沒有待發訊息",
    ),
    "progress_messages": ("messages", "消息", "訊息"),
    "nothing_owed": ("nothing is owed", "没有待发消息", "沒有待發訊息"),
    "nothing_outstanding": ("no notice is open", "没有未结的通知", "沒有未結的通知"),
    "outstanding": ("notices that have not closed", "未结的更正通知", "未結的更正通知"),
    "notice_closed": (
        "notice {notice} to {recipient} is given up; it stays listed as unconfirmed",
        "已停止等待 {recipient} 对通知 {notice} 的确认；该通知仍列为未确认",
        "已停止等待 {recipient} 對通知 {notice} 的確認；該通知仍列為未確認",
    ),
    "label_not_bound": (
        "label {label} is not bound: it is no label, or stands for another id",
        "未绑定标签 {label}：其形式不符，或已用于其他编号",
        "未綁定標籤 {label}：其形式不符，或已用於其他編號",
    ),
    "list_has_expired": (
        "trust list {version} has expired: nothing new is sent or accepted until it is followed",
        "信任列表第 {version} 版已到期：在采用后续版本之前不发送也不接收新内容",
        "信任列表第 {version} 版已到期：在採用後續版本之前不傳送也不接收新內容",
    ),
    "message_verdict_accepted": ("accepted", "已接收", "已接收"),
    "message_verdict_duplicate": ("known already", "此前已接收", "此前已接收"),
    "message_verdict_quarantined": ("quarantined", "已隔离", "已隔離"),
    "message_verdict_refused": ("refused", "已拒收", "已拒收"),
    "message_kind_bundle": ("bundle", "共享包", "共享包"),
    "message_kind_receipt": ("receipt", "回执", "回執"),
    "message_kind_refusal": ("refusal", "拒收通知", "拒收通知"),
    "message_kind_notice": ("notice", "更正通知", "更正通知"),
    "message_kind_acknowledgement": ("acknowledgement", "更正确认", "更正確認"),
    "message_kind_enforcement-status": ("enforcement status", "执行情况", "執行情況"),
    "message_kind_none": ("message", "消息", "訊息"),
    "duty_waiting": ("waiting", "待确认", "待確認"),
    "duty_unconfirmed": (
        "unconfirmed, presumed enforcing",
        "逾期未确认，推定仍在执行",
        "逾期未確認，推定仍在執行",
    ),
    "duty_onward_open": ("open further on", "下游未结", "下游未結"),
    "duty_still_enforcing": ("still enforcing", "仍在执行", "仍在執行"),
    "duty_given_up": ("given up, unconfirmed", "已停止等待，未确认", "已停止等待，未確認"),
    "effect_suspended": ("suspended", "已暂停", "已暫停"),
    "effect_resumed": ("resumed", "已恢复", "已恢復"),
    "effect_lifted": ("lifted", "已解除", "已解除"),
    "act": ("act", "行为", "行為"),
}
