"""What the Subject refuses of records that pass between nodes: each a typed error."""

from __future__ import annotations

from typing import Final

from ledger.errors import Phrase, Refusal


class OriginDecides(Refusal):
    code = "origin_decides"
    en = (
        "record {record} was collected at node {origin}: this is for that node alone; ask it, "
        "and its act comes here as a notice"
    )
    zh_cn = "信用信息 {record} 由节点 {origin} 归集，此操作只能由该节点作出；请向其提出，结果将以通知送达"
    zh_tw = "信用資訊 {record} 由節點 {origin} 歸集，此操作只能由該節點作出；請向其提出，結果將以通知送達"


_STATES: Final = {
    "withdrawn": Phrase("withdrawn", "已撤销", "已撤銷"),
    "repaired": Phrase("repaired", "已修复", "已修復"),
    "mended": Phrase("mended", "已主动整改", "已主動整改"),
    "expired": Phrase("expired", "已到期", "已到期"),
    "disputed": Phrase("disputed", "处于异议中", "處於異議中"),
    "in_doubt": Phrase("in doubt", "存疑", "存疑"),
    "erased": Phrase("erased", "已删除", "已刪除"),
    "not in force yet": Phrase("not in force yet", "尚未生效", "尚未生效"),
}
"""What the state of a record is called that is given to nobody."""


class NotDisclosable(Refusal):
    code = "not_disclosable"
    en = "record {record} is {state}; it may not be given to another node"
    zh_cn = "信用信息 {record} {state}，不得向其他节点共享"
    zh_tw = "信用資訊 {record} {state}，不得向其他節點共享"

    def __init__(self, *, record: str, state: str) -> None:
        super().__init__(record=record, state=_STATES.get(state, state))


class OnItsPath(Refusal):
    code = "on_its_path"
    en = "record {record} came by node {recipient} itself; send it to other nodes only"
    zh_cn = "信用信息 {record} 本就经由节点 {recipient} 而来；请只向其他节点发送"
    zh_tw = "信用資訊 {record} 本就經由節點 {recipient} 而來；請只向其他節點發送"


class RecordOfAnother(Refusal):
    code = "record_of_another"
    en = "record {record} is held here from node {held}, not from {origin}; ask its sender"
    zh_cn = "本节点所持信用信息 {record} 来自节点 {held}，而非 {origin}；请询问发送方"
    zh_tw = "本節點所持信用資訊 {record} 來自節點 {held}，而非 {origin}；請詢問發送方"


class IdentityWithheld(Refusal):
    code = "identity_withheld"
    en = (
        "record {record} is of a natural person whose identifier was not disclosed; ask its "
        "sender for one that says whom it is about"
    )
    zh_cn = "信用信息 {record} 属于自然人，但未披露其标识；请向发送方索取载明主体的版本"
    zh_tw = "信用資訊 {record} 屬於自然人，但未披露其標識；請向發送方索取載明主體的版本"
