"""What may be wrong with a line, said in three languages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from ledger.errors import Phrase

WHY: Final[Mapping[str, tuple[str, str, str]]] = {
    "object": (
        "it is not a JSON object",
        "不是 JSON 对象",
        "不是 JSON 物件",
    ),
    "label": (
        "as: a label has up to 64 letters, digits and . _ / -",
        "as：标签最多 64 个字母、数字及 . _ / -",
        "as：標籤最多 64 個字母、數字及 . _ / -",
    ),
    "actor": (
        "by: organisation and operator are needed",
        "by：需要 organisation 和 operator",
        "by：需要 organisation 和 operator",
    ),
    "organisation": (
        "by.organisation: a registered id is expected",
        "by.organisation：应为已登记的机构编号",
        "by.organisation：應為已登記的機構編號",
    ),
    "operator": (
        "by.operator: a staff id is expected, not a name",
        "by.operator：应为工作人员编号，而非姓名",
        "by.operator：應為工作人員編號，而非姓名",
    ),
    "subject": (
        "subject: an object with scheme and identifier is expected, with {allowed} at most",
        "subject：应为含 scheme 和 identifier 的对象，最多包含 {allowed}",
        "subject：應為含 scheme 和 identifier 的物件，最多包含 {allowed}",
    ),
    "subject_text": (
        "subject.{member}: a text is expected",
        "subject.{member}：应为文本",
        "subject.{member}：應為文字",
    ),
    "subject_kind": (
        "subject.kind: one of {kinds} is expected",
        "subject.kind：应为 {kinds} 之一",
        "subject.kind：應為 {kinds} 之一",
    ),
    "subject_id": (
        "subject.id: a UUID is expected",
        "subject.id：应为 UUID",
        "subject.id：應為 UUID",
    ),
    "instant": (
        "at: an instant with its offset, such as 2026-03-02T02:00:00Z",
        "at：应为带时区的时刻，例如 2026-03-02T02:00:00Z",
        "at：應為帶時區的時刻，例如 2026-03-02T02:00:00Z",
    ),
    "sealed": (
        "sealed: an object of details by field is expected",
        "sealed：应为按字段列出的对象",
        "sealed：應為按欄位列出的物件",
    ),
    "not_sealed_here": (
        "sealed: {command} may seal {named}",
        "sealed：{command} 可封存 {named}",
        "sealed：{command} 可封存 {named}",
    ),
    "missing": ("{place}: is missing", "{place}：缺少", "{place}：缺少"),
    "extra_forbidden": (
        "{place}: is no field of this command",
        "{place}：不是此命令的字段",
        "{place}：不是此命令的欄位",
    ),
    "literal_error": (
        "{place}: one of {expected} is expected",
        "{place}：应为 {expected} 之一",
        "{place}：應為 {expected} 之一",
    ),
    "string_pattern_mismatch": (
        "{place}: has not the expected form ({pattern})",
        "{place}：格式不符（{pattern}）",
        "{place}：格式不符（{pattern}）",
    ),
    "string_too_short": (
        "{place}: is empty or too short",
        "{place}：为空或过短",
        "{place}：為空或過短",
    ),
    "string_too_long": (
        "{place}: has more than {max_length} characters",
        "{place}：超过 {max_length} 个字符",
        "{place}：超過 {max_length} 個字元",
    ),
    "too_long": (
        "{place}: has more than {max_length} members",
        "{place}：超过 {max_length} 项",
        "{place}：超過 {max_length} 項",
    ),
    "too_short": ("{place}: is empty", "{place}：为空", "{place}：為空"),
    "day": (
        "{place}: a date of the calendar is written YYYY-MM-DD",
        "{place}：日期应写作 YYYY-MM-DD，且须存在",
        "{place}：日期應寫作 YYYY-MM-DD，且須存在",
    ),
    "text_form": (
        "{place}: is no text that an entry may hold",
        "{place}：不是条目可记载的文本",
        "{place}：不是條目可記載的文字",
    ),
    "other": (
        "{place}: cannot be taken ({kind})",
        "{place}：无法接受（{kind}）",
        "{place}：無法接受（{kind}）",
    ),
}
"""By a name, or by pydantic's type of the error."""

DAYS: Final = ("_on", "from", "until", "effective")
"""How the names of fields that hold legal dates end."""


def why(name: str, **fields: object) -> Phrase:
    return Phrase(*WHY[name], fields)


def first_of(error: ValidationError) -> Phrase:
    """The first thing wrong with a command's fields. The value itself is never repeated."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "-"
    known = {"place": place, "kind": first["type"], **first.get("ctx", {})}
    kind = first["type"]
    if kind == "value_error":
        field = str(first["loc"][0]) if first["loc"] else ""
        kind = "day" if field == "on" or field.endswith(DAYS) else "text_form"
    return why(kind if kind in WHY else "other", **known)
