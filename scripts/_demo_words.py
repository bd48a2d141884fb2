"""What scripts/demo says between the commands, in three languages: what is not of the region."""

from __future__ import annotations

from typing import Final

from api.cli.words import LANGUAGES
from ledger.errors import Language
from scripts._demo_region_words import REGION_WORDS, VERIFY_PAGE

WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "folder": (
        "Everything happens in {folder}. All bodies, firms and people are invented.",
        "全部操作在 {folder} 中进行。所有机构、企业和个人均为虚构。",
        "全部操作在 {folder} 中進行。所有機構、企業和個人均為虛構。",
    ),
    "admit": ("Admit organisations", "接入机构", "接入機構"),
    "import": ("Import a file of penalties", "导入行政处罚文件", "匯入行政處罰檔案"),
    "import_why": (
        "{rows} invented rows, {bad} of them bad. Exit 3 says: done, but rows were refused.",
        "{rows} 行虚构数据，其中 {bad} 行有误。退出码 3 表示：已完成，但有行被退回。",
        "{rows} 列虛構資料，其中 {bad} 列有誤。結束碼 3 表示：已完成，但有列被退回。",
    ),
    "rejects": (
        "Mend a rejected row and import again",
        "修正一条退回的行并再次导入",
        "修正一條退回的列並再次匯入",
    ),
    "rejects_why": (
        (
            "The rejects file has the columns of its origin, then row number, reason and message. "
            "The mended file comes without a manifest, so the node signs one for the supplier, "
            "and the record says so."
        ),
        (
            "退回文件保留原有各列，并附行号、原因和说明。修正后的文件未附提交清单，"
            "由节点代为签署，记录中会注明。"
        ),
        (
            "退回檔案保留原有各欄，並附列號、原因和說明。修正後的檔案未附提交清單，"
            "由節點代為簽署，記錄中會註明。"
        ),
    ),
    "mended": (
        "Row {row}, column {column}: {old} becomes {new}. The others stay as they are.",
        "第 {row} 行“{column}”：{old} 改为 {new}。其余各行不变。",
        "第 {row} 列「{column}」：{old} 改為 {new}。其餘各列不變。",
    ),
    "openssl_missing": (
        "openssl is not installed here; the step is left out.",
        "此处未安装 openssl，略过此步。",
        "此處未安裝 openssl，略過此步。",
    ),
    "tamper": ("Tamper with a copy", "篡改一份副本", "竄改一份副本"),
    "tamper_why": (
        (
            "Somebody with all rights on the database drops the triggers and lowers the fine in "
            "entry {index}, in the bytes themselves."
        ),
        "某个拥有数据库全部权限的人删除触发器，直接改动条目 {index} 的字节，把罚款改小。",
        "某個擁有資料庫全部權限的人刪除觸發程序，直接改動條目 {index} 的位元組，把罰款改小。",
    ),
    "remove_why": (
        "In another copy entry {index}, which suspended the ban, is removed and the rows after it move up.",
        "在另一份副本中，暂停惩戒的条目 {index} 被删除，其后的行依次前移。",
        "在另一份副本中，暫停懲戒的條目 {index} 被刪除，其後的列依次前移。",
    ),
    "check": (
        "The lists are what the log says",
        "各清单与日志一致",
        "各清單與日誌一致",
    ),
    "check_why": (
        "Lists come from tables that anybody with the file could edit; a rebuild tells.",
        "清单取自数据表，持有该文件者均可改动；重建一次即可辨明。",
        "清單取自資料表，持有該檔案者均可改動；重建一次即可辨明。",
    ),
    "rolled_back": (
        "An old backup in place of the log",
        "以旧备份替换日志",
        "以舊備份替換日誌",
    ),
    "done": (
        "Done: everything came out as expected.",
        "完成：结果全部符合预期。",
        "完成：結果全部符合預期。",
    ),
    "not_empty": (
        "{folder} is not a new or empty folder; name another one",
        "{folder} 不是新目录或空目录；请另选",
        "{folder} 不是新目錄或空目錄；請另選",
    ),
    "unexpected": (
        "NOT as expected: {what}",
        "与预期不符：{what}",
        "與預期不符：{what}",
    ),
    "verify_page": VERIFY_PAGE,
    **REGION_WORDS,
}


def say(language: Language, word: str, **fields: object) -> str:
    return WORDS[word][LANGUAGES.index(language)].format(**fields)
