"""The columns of the two 双公示 templates: field codes, Chinese headers, what is required.

A column is named by its header or by its code with the template's prefix. A licence file
calls the data source LYDW where a penalty file calls it SJLY; ``Layout`` says which of its
columns plays which part, so that everything after this file speaks of parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Item = Literal["administrative_penalty", "administrative_licence"]

ORGANISATION = "法人及非法人组织"
SOLE_TRADER = "个体工商户"
NATURAL_PERSON = "自然人"
SUBJECT_CATEGORIES = (ORGANISATION, SOLE_TRADER, NATURAL_PERSON)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a template. ``required``: of every row, whoever its subject is."""

    code: str
    header: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """One template, and which of its columns plays which part."""

    item: Item
    category_kind: Literal["penalty", "licence"]
    prefix: str
    columns: tuple[Column, ...]
    categories: str
    organ: str
    organ_code: str
    source: str
    source_code: str
    legal_basis: str | None
    valid_from: str | None
    valid_until: str
    publish_until: str | None
    fine: str | None
    confiscated: str | None
    narrative: tuple[str, ...]
    """Free text: sealed, and searched for forbidden data where ``searched`` names it."""
    searched: tuple[str, ...]

    def column(self, code: str) -> Column:
        return next(column for column in self.columns if column.code == code)


NAME = "XDR_MC"
SUBJECT_CATEGORY = "XDR_LB"
USCC = "XDR_SHXYM"
CERTIFICATE = "XDR_ZJLX"
CERTIFICATE_NUMBER = "XDR_ZJHM"
REPRESENTATIVE = "FRDB"
REPRESENTATIVE_CERTIFICATE = "FR_ZJLX"
REPRESENTATIVE_NUMBER = "FR_ZJHM"
DOCUMENT_NUMBER = "WSH"
DECIDED_ON = "JDRQ"
LICENCE_TITLE = "XKWS"
LICENCE_CERTIFICATE = "XKZS"
LICENCE_NUMBER = "XKBH"
LICENCE_STATE = "ZT"
REGISTRATIONS = ("XDR_GSZC", "XDR_ZZJG", "XDR_SWDJ", "XDR_SYDW", "XDR_SHZZ")
"""Older numbers of an organisation, kept as given beside its code."""

_SUBJECT = (
    Column(NAME, "行政相对人名称", required=True),
    Column(SUBJECT_CATEGORY, "行政相对人类别", required=True),
    Column(USCC, "统一社会信用代码"),
    Column("XDR_GSZC", "工商注册号"),
    Column("XDR_ZZJG", "组织机构代码"),
    Column("XDR_SWDJ", "税务登记号"),
    Column("XDR_SYDW", "事业单位证书号"),
    Column("XDR_SHZZ", "社会组织登记证号"),
    Column(REPRESENTATIVE, "法定代表人"),
    Column(REPRESENTATIVE_CERTIFICATE, "法定代表人证件类型"),
    Column(REPRESENTATIVE_NUMBER, "法定代表人证件号码"),
    Column(CERTIFICATE, "证件类型"),
    Column(CERTIFICATE_NUMBER, "证件号码"),
)

PENALTY = Layout(
    item="administrative_penalty",
    category_kind="penalty",
    prefix="CF_",
    columns=(
        *_SUBJECT,
        Column(DOCUMENT_NUMBER, "行政处罚决定书文号", required=True),
        Column("WFXW", "违法行为类型", required=True),
        Column("SY", "违法事实", required=True),
        Column("YJ", "处罚依据", required=True),
        Column("CFLB", "处罚类别", required=True),
        Column("NR", "处罚内容", required=True),
        Column("NR_FK", "罚款金额（万元）"),
        Column("NR_WFFF", "没收违法所得、没收非法财物的金额（万元）"),
        Column("NR_ZKDX", "暂扣或吊销证照名称及编号"),
        Column(DECIDED_ON, "处罚决定日期", required=True),
        Column("YXQ", "处罚有效期"),
        Column("GSJZQ", "公示截止期", required=True),
        Column("CFJG", "处罚机关", required=True),
        Column("CFJGDM", "处罚机关统一社会信用代码", required=True),
        Column("SJLY", "数据来源单位", required=True),
        Column("SJLYDM", "数据来源单位统一社会信用代码", required=True),
        Column("BZ", "备注"),
    ),
    categories="CFLB",
    organ="CFJG",
    organ_code="CFJGDM",
    source="SJLY",
    source_code="SJLYDM",
    legal_basis="YJ",
    valid_from=None,
    valid_until="YXQ",
    publish_until="GSJZQ",
    fine="NR_FK",
    confiscated="NR_WFFF",
    narrative=("WFXW", "SY", "NR", "NR_ZKDX", "BZ"),
    searched=("WFXW", "SY", "NR", "BZ"),
)

LICENCE = Layout(
    item="administrative_licence",
    category_kind="licence",
    prefix="XK_",
    columns=(
        *_SUBJECT,
        Column(LICENCE_TITLE, "行政许可决定文书名称"),
        Column(DOCUMENT_NUMBER, "行政许可决定文书号", required=True),
        Column("XKLB", "许可类别", required=True),
        Column(LICENCE_CERTIFICATE, "许可证书名称"),
        Column(LICENCE_NUMBER, "许可编号"),
        Column("NR", "许可内容", required=True),
        Column(DECIDED_ON, "许可决定日期", required=True),
        Column("YXQZ", "有效期自", required=True),
        Column("YXQZI", "有效期至", required=True),
        Column("XKJG", "许可机关", required=True),
        Column("XKJGDM", "许可机关统一社会信用代码", required=True),
        Column(LICENCE_STATE, "当前状态"),
        Column("LYDW", "数据来源单位", required=True),
        Column("LYDWDM", "数据来源单位统一社会信用代码", required=True),
        Column("BZ", "备注"),
    ),
    categories="XKLB",
    organ="XKJG",
    organ_code="XKJGDM",
    source="LYDW",
    source_code="LYDWDM",
    legal_basis=None,
    valid_from="YXQZ",
    valid_until="YXQZI",
    publish_until=None,
    fine=None,
    confiscated=None,
    narrative=("NR", "BZ"),
    searched=("NR", "BZ"),
)

LAYOUTS = (PENALTY, LICENCE)
