"""Which template a file follows, and which of its columns is which field."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from ledger.errors import UnusableInput
from ledger.intake.fields import (
    CERTIFICATE,
    CERTIFICATE_NUMBER,
    LAYOUTS,
    USCC,
    Layout,
)
from ledger.intake.neutral import restored
from ledger.intake.table import RawRow, Table

REJECT_COLUMNS = ("退回行号", "退回原因", "退回说明")
"""What a rejects file has beside the columns of its origin: row number, reason, message.

The names are ones that no template has; a file with all three is a rejects file, mended
or not, and they are dropped from it on import.
"""

_SHOWN_COLUMNS = 12


class UnknownTemplate(UnusableInput):
    code = "unknown_template"
    en = (
        "{path}: the header is of no template; row 1 must name the columns of the penalty or "
        "licence template, in Chinese or by field code (CF_..., XK_...); "
        "read as {encodings}, it begins: {shown}"
    )
    zh_cn = (
        "{path}：表头不符合任何模板；第一行应为行政处罚或行政许可模板的列名"
        "（中文表头，或字段代码 CF_…、XK_…）；按 {encodings} 读取，开头为：{shown}"
    )
    zh_tw = (
        "{path}：表頭不符合任何範本；第一列應為行政處罰或行政許可範本的欄名"
        "（中文表頭，或欄位代碼 CF_…、XK_…）；按 {encodings} 讀取，開頭為：{shown}"
    )


class MissingColumns(UnusableInput):
    code = "missing_columns"
    en = "{path}: the header lacks required columns: {columns}; add them"
    zh_cn = "{path}：表头缺少必填列：{columns}；请补齐"
    zh_tw = "{path}：表頭缺少必填欄：{columns}；請補齊"


class DuplicateColumns(UnusableInput):
    code = "duplicate_columns"
    en = "{path}: columns are named more than once: {columns}; keep one of each"
    zh_cn = "{path}：列名重复：{columns}；每列只保留一个"
    zh_tw = "{path}：欄名重複：{columns}；每欄只保留一個"


class MixedTemplates(UnusableInput):
    code = "mixed_templates"
    en = "{path}: the header has the columns of both templates; split penalties and licences"
    zh_cn = "{path}：表头同时含有两种模板的列；请将行政处罚与行政许可分成两个文件"
    zh_tw = "{path}：表頭同時含有兩種範本的欄；請將行政處罰與行政許可分成兩個檔案"


@dataclass(frozen=True, slots=True)
class Template:
    """A layout laid over the header of one file."""

    layout: Layout
    columns: tuple[tuple[str, int], ...]
    """Field code and column, in the order of the layout; optional fields may lack."""
    header: tuple[str, ...]
    is_rejects_file: bool
    unknown_columns: tuple[str, ...]
    """Headers that are no field: reported, and not kept."""

    def cells(self, row: RawRow) -> dict[str, str]:
        """The row's cells as given, by field code, without the empty ones.

        This is what a submission's commitment to the row covers. In a rejects file the
        cells are the restored ones, so a cell reads the same in both files.
        """
        given = row.cells
        if self.is_rejects_file:
            return {code: restored(given[at]) for code, at in self.columns if given[at]}
        return {code: given[at] for code, at in self.columns if given[at]}

    def kept_columns(self) -> tuple[int, ...]:
        """The columns of the file's own, without those that a rejects file adds."""
        if not self.is_rejects_file:
            return tuple(range(len(self.header)))
        return tuple(i for i, name in enumerate(self.header) if plain(name) not in REJECT_COLUMNS)

    def header_of(self, code: str) -> str:
        """The field's header as the file writes it, with the Chinese one beside a code."""
        chinese = self.layout.column(code).header
        written = next((self.header[at].strip() for known, at in self.columns if known == code), "")
        if not written or plain(written) == plain(chinese):
            return chinese
        return f"{written}（{chinese}）"


def plain(header: str) -> str:
    """A header without white space, full-width forms and case, to compare by."""
    return "".join(unicodedata.normalize("NFKC", header).split()).upper()


def match_template(table: Table) -> Template:
    """The template of the table's header.

    Raises ``UnknownTemplate``, ``MissingColumns``, ``DuplicateColumns``, ``MixedTemplates``.
    """
    names = [plain(header) for header in table.header]
    rejects = all(name in names for name in REJECT_COLUMNS)
    _refuse_duplicates(table, names)
    found = [(layout, _columns(layout, table, names)) for layout in LAYOUTS]
    complete = [(layout, at) for layout, at in found if not _missing(layout, at)]
    if len(complete) > 1:
        raise MixedTemplates(path=table.path)
    if not complete:
        raise _why_not(table, found)
    layout, at = complete[0]
    known = set(at.values())
    unknown = [
        header.strip()
        for index, header in enumerate(table.header)
        if index not in known and names[index] and not (rejects and names[index] in REJECT_COLUMNS)
    ]
    columns = tuple((c.code, at[c.code]) for c in layout.columns if c.code in at)
    return Template(layout, columns, table.header, rejects, tuple(unknown))


def _refuse_duplicates(table: Table, names: list[str]) -> None:
    seen: set[str] = set()
    twice = [name for name in names if name and (name in seen or seen.add(name))]  # type: ignore[func-returns-value]
    if twice:
        raise DuplicateColumns(path=table.path, columns=_listed(twice))


def _columns(layout: Layout, table: Table, names: list[str]) -> dict[str, int]:
    """The column of each field that the header names, by header or by code."""
    found: dict[str, int] = {}
    for column in layout.columns:
        spellings = (plain(column.header), layout.prefix + column.code, column.code)
        places = [names.index(name) for name in spellings if name in names]
        if len(places) > 1:
            twice = [table.header[place] for place in places]
            raise DuplicateColumns(path=table.path, columns=_listed(twice))
        if places:
            found[column.code] = places[0]
    return found


def _missing(layout: Layout, at: dict[str, int]) -> list[str]:
    """Headers of required columns that lack; the subject needs one way to be identified."""
    missing = [c.header for c in layout.columns if c.required and c.code not in at]
    if USCC not in at and not (CERTIFICATE in at and CERTIFICATE_NUMBER in at):
        missing.append(layout.column(USCC).header)
    return missing


def _why_not(table: Table, found: list[tuple[Layout, dict[str, int]]]) -> UnusableInput:
    own = [
        len([code for code, i in at.items() if not _is_shared(plain(table.header[i]))])
        for _, at in found
    ]
    best = max(range(len(found)), key=own.__getitem__)
    layout, at = found[best]
    if not own[best]:
        shown = _listed([header.strip() for header in table.header])
        return UnknownTemplate(path=table.path, encodings=table.encodings or "XLSX", shown=shown)
    return MissingColumns(path=table.path, columns="、".join(_missing(layout, at)))


def _is_shared(name: str) -> bool:
    """Both templates have Chinese headers such as 备注: they tell nothing apart."""
    return all(any(plain(c.header) == name for c in layout.columns) for layout in LAYOUTS)


def _listed(names: list[str]) -> str:
    shown = "、".join(name[:24] for name in names[:_SHOWN_COLUMNS])
    return f"{shown}…" if len(names) > _SHOWN_COLUMNS else shown
