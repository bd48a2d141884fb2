"""Opening an input file: what it is is told by its content, never by its name alone."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import UnusableInput
from ledger.intake.csv_file import CsvTable
from ledger.intake.table import SourceFile, Table
from ledger.intake.xlsx_file import XlsxTable

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of the old .xls and of password-protected .xlsx files."""


class OldOrProtectedWorkbook(UnusableInput):
    code = "old_or_protected_workbook"
    en = (
        "{path}: an Excel file of the old format (.xls), or one with a password; "
        "save it as .xlsx without a password"
    )
    zh_cn = "{path}：旧版 Excel（.xls）或带密码的文件；请另存为无密码的 .xlsx"
    zh_tw = "{path}：舊版 Excel（.xls）或帶密碼的檔案；請另存為無密碼的 .xlsx"


def open_table(path: str | Path) -> Table:
    """The table in the file; close it by leaving its ``with`` block.

    The whole file has been read once when this returns: its SHA-256 and its encoding are
    known. Raises ``UnusableInput`` for everything that is no table; memory stays bounded
    by the limits in ``ledger.intake.table``, whatever the file holds.
    """
    source = SourceFile(Path(path))
    try:
        return _table(source)
    except BaseException:
        source.close()
        raise


def _table(source: SourceFile) -> Table:
    start = source.reader().read(len(OLE_MAGIC))
    if start == OLE_MAGIC:
        raise OldOrProtectedWorkbook(path=source.path)
    if start.startswith(ZIP_MAGIC):
        return XlsxTable(source)
    return CsvTable(source)
