"""Why a row is rejected: the reasons in their order, and what each finding says to a person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ledger.errors import Language

Reason = Literal[
    "unreadable",
    "formula",
    "missing_required",
    "bad_date",
    "date_in_future",
    "bad_uscc",
    "bad_id_number",
    "minor",
    "bad_amount",
    "unknown_category",
    "outside_directory",
    "forbidden_data",
    "duplicate",
    "conflicts_with_recorded",
    "not_this_supplier",
]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""In this order: a row gets the first that fits."""

MAX_SHOWN = 32
_LONG_DIGITS = re.compile(r"([0-9]{6})[0-9Xx]{5,}")


@dataclass(frozen=True, slots=True)
class Words:
    """What a kind of finding is a case of, and its sentence in three languages."""

    reason: Reason
    en: str
    zh_cn: str
    zh_tw: str


FINDINGS: Mapping[str, Words] = {
    "too_many_cells": Words(
        "unreadable",
        "the row has {found} cells, the header {expected}; look for a stray comma",
        "该行有 {found} 个单元格，表头有 {expected} 个；请检查多余的逗号",
        "該列有 {found} 個儲存格，表頭有 {expected} 個；請檢查多餘的逗號",
    ),
    "too_few_cells": Words(
        "unreadable",
        "the row has {found} cells, the header {expected}; see that each stands in its column",
        "该行只有 {found} 个单元格，表头有 {expected} 个；请确认各值位于正确的列",
        "該列只有 {found} 個儲存格，表頭有 {expected} 個；請確認各值位於正確的欄",
    ),
    "broken_quotes": Words(
        "unreadable",
        "quotation marks do not pair over {found} lines, which stand unread in the first cell",
        "引号未正确配对，涉及 {found} 行文本，原文保留在第一个单元格",
        "引號未正確配對，涉及 {found} 行文字，原文保留在第一個儲存格",
    ),
    "long_number": Words(
        "unreadable",
        "{column}: a number of more than 15 digits has lost some in the spreadsheet; "
        "format the column as text and enter it again",
        "{column}：超过15位的数字在电子表格中已丢失精度；请将该列设为文本格式后重新填写",
        "{column}：超過15位的數字在試算表中已遺失精度；請將該欄設為文字格式後重新填寫",
    ),
    "error_cell": Words(
        "unreadable",
        "{column}: the cell holds a spreadsheet error ({shown}); enter the value",
        "{column}：单元格为电子表格错误值（{shown}）；请填写实际值",
        "{column}：儲存格為試算表錯誤值（{shown}）；請填寫實際值",
    ),
    "bad_cell": Words(
        "unreadable",
        "{column}: the cell cannot be read; enter the value again",
        "{column}：单元格无法读取；请重新填写",
        "{column}：儲存格無法讀取；請重新填寫",
    ),
    "control_character": Words(
        "unreadable",
        "{column}: holds a control character; enter the value again",
        "{column}：含有控制字符；请重新填写",
        "{column}：含有控制字元；請重新填寫",
    ),
    "too_long": Words(
        "unreadable",
        "{column}: longer than {limit} characters; shorten it",
        "{column}：超过 {limit} 个字符；请精简",
        "{column}：超過 {limit} 個字元；請精簡",
    ),
    "formula": Words(
        "formula",
        "{column}: a formula; enter its value",
        "{column}：是公式；请填写数值或文字本身",
        "{column}：是公式；請填寫數值或文字本身",
    ),
    "missing_required": Words(
        "missing_required",
        "{column}: required and empty",
        "{column}：必填项为空",
        "{column}：必填項為空",
    ),
    "bad_date": Words(
        "bad_date",
        "{column}: “{shown}” is no date; write 2025-03-01, 2025/3/1, 20250301 or 2025年3月1日",
        "{column}：“{shown}”不是有效日期；请写作 2025-03-01、2025/3/1、20250301 或 2025年3月1日",
        "{column}：「{shown}」不是有效日期；請寫作 2025-03-01、2025/3/1、20250301 或 2025年3月1日",
    ),
    "ends_before": Words(
        "bad_date",
        "{column}: {shown} is earlier than {other}",
        "{column}：{shown} 早于{other}",
        "{column}：{shown} 早於{other}",
    ),
    "date_in_future": Words(
        "date_in_future",
        "{column}: {shown} lies after today, {today}",
        "{column}：{shown} 晚于今天（{today}）",
        "{column}：{shown} 晚於今天（{today}）",
    ),
    "bad_uscc": Words(
        "bad_uscc",
        "{column}: not a valid unified social credit code (18 characters, check character last)",
        "{column}：不是有效的统一社会信用代码（18位，末位为校验码）",
        "{column}：不是有效的統一社會信用代碼（18位，末位為校驗碼）",
    ),
    "bad_id_number": Words(
        "bad_id_number",
        "{column}: not a valid number of this certificate (length, date, check character)",
        "{column}：证件号码无效（请核对位数、出生日期和校验码）",
        "{column}：證件號碼無效（請核對位數、出生日期和校驗碼）",
    ),
    "unknown_certificate": Words(
        "bad_id_number",
        "{column}: “{shown}” is no known type of certificate, so the number cannot be checked",
        "{column}：“{shown}”不是已知的证件类型，无法核对证件号码",
        "{column}：「{shown}」不是已知的證件類型，無法核對證件號碼",
    ),
    "minor": Words(
        "minor",
        "{column}: the person was under {age} on the day of the decision",
        "{column}：该自然人在决定之日未满 {age} 周岁",
        "{column}：該自然人在決定之日未滿 {age} 週歲",
    ),
    "bad_amount": Words(
        "bad_amount",
        "{column}: “{shown}” is no amount in 万元 (digits, at most six decimals, no exponent)",
        "{column}：“{shown}”不是有效金额（单位万元，数字，最多六位小数，不用科学计数法）",
        "{column}：「{shown}」不是有效金額（單位萬元，數字，最多六位小數，不用科學記號）",
    ),
    "unknown_category": Words(
        "unknown_category",
        "{column}: “{shown}” is not in the list ({known})",
        "{column}：“{shown}”不在类别清单中（{known}）",
        "{column}：「{shown}」不在類別清單中（{known}）",
    ),
    "outside_directory": Words(
        "outside_directory",
        "{column}: the directory in force on {day} does not admit this item for such a subject",
        "{column}：{day} 有效的征集目录不包含该类主体的此项信息",
        "{column}：{day} 有效的徵集目錄不包含該類主體的此項資訊",
    ),
    "forbidden_data": Words(
        "forbidden_data",
        "{column}: holds data that may not be collected ({shown}); remove it",
        "{column}：含有禁止采集的信息（{shown}）；请删除",
        "{column}：含有禁止採集的資訊（{shown}）；請刪除",
    ),
    "duplicate": Words(
        "duplicate",
        "equal to row {row} of this file",
        "与本文件第 {row} 行重复",
        "與本檔案第 {row} 列重複",
    ),
    "conflicts_with_recorded": Words(
        "conflicts_with_recorded",
        "{column}: this document of the same organ is recorded with other content; "
        "submit a correction of the record instead",
        "{column}：同一机关的该文书已有内容不同的记录；请改用更正程序",
        "{column}：同一機關的該文書已有內容不同的記錄；請改用更正程序",
    ),
    "not_this_supplier": Words(
        "not_this_supplier",
        "{column}: {shown} is not the importing supplier, {supplier}",
        "{column}：{shown} 不是本次导入的信息提供单位 {supplier}",
        "{column}：{shown} 不是本次匯入的資訊提供單位 {supplier}",
    ),
}
"""Every finding by its kind. A test holds that every reason has one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found wrong with a row."""

    kind: str
    fields: Mapping[str, object] = field(default_factory=dict)

    @property
    def reason(self) -> Reason:
        return FINDINGS[self.kind].reason

    def message(self, language: Language = "zh-CN") -> str:
        words = FINDINGS[self.kind]
        template = {"en": words.en, "zh-CN": words.zh_cn, "zh-TW": words.zh_tw}[language]
        return template.format(**self.fields)


def first_reason(findings: Iterable[Finding]) -> Reason:
    """The reason of the row: the first in the order, of at least one finding."""
    return min((finding.reason for finding in findings), key=REASONS.index)


def joined_message(findings: Iterable[Finding], language: Language = "zh-CN") -> str:
    """All findings in one text, in the order of the reasons, each once."""
    ordered = sorted(findings, key=lambda finding: REASONS.index(finding.reason))
    texts = dict.fromkeys(finding.message(language) for finding in ordered)
    return ("; " if language == "en" else "；").join(texts)


def shown(text: str) -> str:
    """A cell's text for a message: short, on one line, and without an identity number in it."""
    line = " ".join(text[: 4 * MAX_SHOWN].split())
    masked = _LONG_DIGITS.sub(r"\1…", line)
    return masked if len(masked) <= MAX_SHOWN else masked[: MAX_SHOWN - 1] + "…"
