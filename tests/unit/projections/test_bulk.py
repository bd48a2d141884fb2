"""Rows for COPY, written at once."""

from __future__ import annotations

import pytest

from projections.models.bulk import _lines


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (("a", 1, None, True), "a\t1\\N\tTrue".replace("1\\N", "1\t\\N")),
        (("tab\there", 2), "tab\\there\t2"),
        (("line\nend\r", None), "line\\nend\\r\t\\N"),
        (("back\\slash", ""), "back\\\\slash\t"),
        (("\\N", "示例"), "\\\\N\t示例"),
    ],
)
def test_what_copy_reads_is_what_was_given(row: tuple[object, ...], line: str) -> None:
    """Tabs, ends of lines and backslashes are escaped, nulls marked, whatever stands beside."""
    plain = ("x", *[0] * (len(row) - 1))
    expected = f"{line}\n" + "\t".join(map(str, plain)) + "\n"
    assert _lines([row, plain]).decode() == expected  # type: ignore[list-item]
