"""Matching a header to a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.intake import (
    LICENCE,
    PENALTY,
    REJECT_COLUMNS,
    Layout,
    Template,
    match_template,
    open_table,
)
from ledger.intake.template import (
    DuplicateColumns,
    MissingColumns,
    MixedTemplates,
    UnknownTemplate,
)
from scripts._sample import header, licences, penalties


def _match(folder: Path, columns: list[str], encoding: str = "utf-8") -> Template:
    path = folder / "file.csv"
    path.write_bytes((",".join(columns) + "\n").encode(encoding))
    with open_table(path) as table:
        return match_template(table)


CHINESE = {PENALTY.item: header(penalties(1)), LICENCE.item: header(licences(1))}
CODES = {
    PENALTY.item: header(penalties(1), codes=True),
    LICENCE.item: header(licences(1), codes=True),
}


@pytest.mark.parametrize("layout", [PENALTY, LICENCE])
def test_columns_are_known_by_header_or_code_in_any_order(tmp_path: Path, layout: Layout) -> None:
    """Chinese headers, codes with and without prefix, and a mixture name the same fields."""
    chinese, codes = CHINESE[layout.item], CODES[layout.item]
    mixed = [pair[i % 2] for i, pair in enumerate(zip(chinese, codes, strict=True))]
    bare = [code.removeprefix(layout.prefix) for code in codes]
    for columns in (chinese, codes, mixed, bare):
        template = _match(tmp_path, columns[::-1])
        assert template.layout is layout
        assert [code for code, _ in template.columns] == [c.code for c in layout.columns]
        assert dict(template.columns)["WSH"] == len(columns) - 1 - codes.index(
            layout.prefix + "WSH"
        )
        assert template.unknown_columns == ()


def test_headers_are_tolerant_of_space_brackets_and_case(tmp_path: Path) -> None:
    """Surrounding space, half-width brackets and lower-case codes still name the field."""
    columns = list(CHINESE[PENALTY.item])
    columns[columns.index("罚款金额（万元）")] = " 罚款金额(万元)\u3000"
    columns[0] = "cf_xdr_mc"
    assert len(_match(tmp_path, columns).columns) == len(columns)


def test_unknown_columns_are_reported_and_not_kept(tmp_path: Path) -> None:
    """A column of no template, or with the other template's prefix, is named and has no field."""
    template = _match(tmp_path, [*CHINESE[PENALTY.item], "电话", "XK_NR", ""])
    assert template.unknown_columns == ("电话", "XK_NR")
    assert len(template.columns) == len(PENALTY.columns)


def test_missing_columns_are_named(tmp_path: Path) -> None:
    """The error names what to add; optional columns may lack."""
    columns = [c for c in CHINESE[PENALTY.item] if c not in ("处罚依据", "公示截止期")]
    with pytest.raises(MissingColumns) as missing:
        _match(tmp_path, columns)
    assert missing.value.fields["columns"] == "处罚依据、公示截止期"
    optional = [c for c in CHINESE[PENALTY.item] if c not in ("备注", "处罚有效期")]
    assert _match(tmp_path, optional).layout is PENALTY


def test_one_way_to_identify_subjects_is_needed(tmp_path: Path) -> None:
    """A file of persons may lack the code of organisations, but not both."""
    persons = [c for c in CHINESE[PENALTY.item] if c != "统一社会信用代码"]
    assert _match(tmp_path, persons).layout is PENALTY
    with pytest.raises(MissingColumns):
        _match(tmp_path, [c for c in persons if c != "证件号码"])


def test_a_column_may_be_named_once(tmp_path: Path) -> None:
    """The same header twice, or a field by header and by code, is refused."""
    for extra in ("备注", "备注 ", "CF_BZ"):
        with pytest.raises(DuplicateColumns):
            _match(tmp_path, [*CHINESE[PENALTY.item], extra])


def test_both_templates_in_one_file_are_refused(tmp_path: Path) -> None:
    """A row would have two meanings."""
    both = dict.fromkeys([*CODES[PENALTY.item], *CODES[LICENCE.item]])
    with pytest.raises(MixedTemplates):
        _match(tmp_path, list(both))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_header_of_no_template_names_the_encodings_tried(tmp_path: Path, encoding: str) -> None:
    """Columns that both templates have, such as 备注, make no template either."""
    with pytest.raises(UnknownTemplate) as unknown:
        _match(tmp_path, ["日期", "金额", "备注"], encoding)
    assert "UTF-8" in str(unknown.value)
    assert ("GB18030" in str(unknown.value)) == (encoding == "gb18030")
    assert "备注" in str(unknown.value)


def test_mojibake_is_told_by_its_header(tmp_path: Path) -> None:
    """Big5 that happens to fit GB18030 is refused for its header, not misread."""
    with pytest.raises(UnknownTemplate) as unknown:
        _match(tmp_path, ["行政相對人名稱", "處罰類別"], "big5")
    assert "GB18030" in str(unknown.value)


def test_a_rejects_file_is_known_by_its_three_columns(tmp_path: Path) -> None:
    """All three make a rejects file; one of them alone is an unknown column."""
    whole = _match(tmp_path, [*CHINESE[PENALTY.item], *REJECT_COLUMNS])
    assert whole.is_rejects_file
    assert whole.unknown_columns == ()
    part = _match(tmp_path, [*CHINESE[PENALTY.item], REJECT_COLUMNS[0]])
    assert not part.is_rejects_file
    assert part.unknown_columns == (REJECT_COLUMNS[0],)
