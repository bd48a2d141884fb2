"""What scripts/demo says between the commands, in three languages."""

from __future__ import annotations

from typing import Final

from api.cli.words import LANGUAGES
from ledger.errors import Language

WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "folder": (
        "Everything happens in {folder}. All bodies, firms and people are invented.",
        "全部操作在 {folder} 中进行。所有机构、企业和个人均为虚构。",
        "全部操作在 {folder} 中進行。所有機構、企業和個人均為虛構。",
    ),
    "found": ("Found a node", "建立节点", "建立節點"),
    "found_why": (
        (
            "Its clock is simulated, so that the demo can play two months in seconds; "
            "the first entry says so for ever."
        ),
        "该节点使用模拟时钟，以便在几秒内演示两个月的过程；首个条目永久载明这一点。",
        "該節點使用模擬時鐘，以便在幾秒內演示兩個月的過程；首個條目永久載明這一點。",
    ),
    "admit": ("Admit organisations", "接入机构", "接入機構"),
    "admit_why": (
        "The supplier gets a key of its own and signs what it hands in.",
        "信息提供单位持有自己的密钥，并对所提交的文件签名。",
        "資訊提供單位持有自己的金鑰，並對所提交的檔案簽章。",
    ),
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
    "again": (
        "The first file once more adds nothing:",
        "再次导入第一个文件，不会增加任何内容：",
        "再次匯入第一個檔案，不會增加任何內容：",
    ),
    "march": (
        "A wrong record, and a sanction on it",
        "错误记录与据此实施的惩戒",
        "錯誤記錄與據此實施的懲戒",
    ),
    "march_why": (
        (
            "Commands from a file. In March a fine is recorded about the wrong firm, notified, and a "
            "procurement ban rests on it; the firm objects, which suspends the ban in the same "
            "transaction."
        ),
        (
            "从文件执行命令。三月，一条罚款被错记到另一家企业名下，告知后据此限制其参与政府采购；"
            "该企业提出异议，惩戒在同一事务中暂停执行。"
        ),
        (
            "從檔案執行命令。三月，一條罰款被錯記到另一家企業名下，告知後據此限制其參與政府採購；"
            "該企業提出異議，懲戒在同一交易中暫停執行。"
        ),
    ),
    "ask_march": (
        "Asked in March: 15 March, as known on 15 March",
        "三月提问：3月15日的状态，以3月15日所知为准",
        "三月提問：3月15日的狀態，以3月15日所知為準",
    ),
    "ask_why": (
        (
            "An officer names purpose and legal basis; the look itself becomes an entry. "
            "Of the JSON answer only records and sanctions are printed here."
        ),
        "经办人须说明目的和依据；查询本身也成为条目。这里只显示 JSON 回答中的信用信息和惩戒部分。",
        "承辦人須說明目的和依據；查詢本身也成為條目。這裡只顯示 JSON 回答中的信用資訊和懲戒部分。",
    ),
    "april": ("In April it comes out", "四月真相查明", "四月真相查明"),
    "april_why": (
        (
            "The supplier admits its error, withdraws the record (which lifts the ban), and a "
            "reviewer rules the ban wrongful for its whole period."
        ),
        "信息提供单位承认错误并撤销记录（惩戒随之解除），复核机构认定该惩戒全程错误。",
        "資訊提供單位承認錯誤並撤銷記錄（懲戒隨之解除），複核機構認定該懲戒全程錯誤。",
    ),
    "same": (
        "The first question again: the answer has not changed",
        "再次提出第一个问题：回答没有变化",
        "再次提出第一個問題：回答沒有變化",
    ),
    "same_day_later": (
        "The same day, as known at the end of April",
        "同一天，以四月底所知为准",
        "同一天，以四月底所知為準",
    ),
    "disputed": (
        "25 March, as known on 25 March: disputed and suspended",
        "3月25日的状态，以3月25日所知为准：有争议，惩戒暂停",
        "3月25日的狀態，以3月25日所知為準：有爭議，懲戒暫停",
    ),
    "public": (
        "And the public? Without operator, purpose and basis a withdrawn record is not shown",
        "公众呢？未说明经办人、目的和依据时，已撤销的记录不予显示",
        "公眾呢？未說明承辦人、目的和依據時，已撤銷的記錄不予顯示",
    ),
    "audit": ("Audit every entry", "审计每一个条目", "稽核每一個條目"),
    "openssl": (
        "Check one entry with openssl alone",
        "仅用 openssl 验证一个条目",
        "僅用 openssl 驗證一個條目",
    ),
    "openssl_why": (
        (
            "Entry {index}: the exact bytes that were signed (DSSE: type, length, payload), the "
            "signature, and the node's public key, written to files."
        ),
        "条目 {index}：所签署的原始字节（DSSE：类型、长度、内容）、签名和节点公钥分别写入文件。",
        "條目 {index}：所簽署的原始位元組（DSSE：類型、長度、內容）、簽章和節點公鑰分別寫入檔案。",
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
    "statement": (
        "A signed statement for somebody far away",
        "出具给远方的已签名声明",
        "出具給遠方的已簽章聲明",
    ),
    "statement_why": (
        (
            "The officer has the answer signed, with every entry of the firm, their proofs, and "
            "the proof that these are all. Whoever gets the file verifies it with the trust file "
            "alone: no node, no network, no database."
        ),
        (
            "经办人取得已签名的回答，附该企业的全部条目及其证明，并证明别无其他条目。"
            "收到文件的人仅凭信任文件即可验证：无需节点、网络或数据库。"
        ),
        (
            "承辦人取得已簽章的回答，附該企業的全部條目及其證明，並證明別無其他條目。"
            "收到檔案的人僅憑信任檔案即可驗證：無需節點、網路或資料庫。"
        ),
    ),
    "status": ("What follows on one date", "某一日的信用状况", "某一日的信用狀況"),
    "liability": (
        "Who answers for the wrongful sanction",
        "谁应对错误惩戒负责",
        "誰應對錯誤懲戒負責",
    ),
    "liability_why": (
        (
            "The disciplinary officer has the trail: who supplied, who relied on it, who was told, "
            "who kept enforcing, and how many days each bears."
        ),
        "监察人员取得责任链：谁提供、谁依据、谁被告知、谁继续执行，以及各自承担的天数。",
        "監察人員取得責任鏈：誰提供、誰依據、誰被告知、誰繼續執行，以及各自承擔的天數。",
    ),
    "report": (
        "A report for the file, signed",
        "归档用的已签名报告",
        "歸檔用的已簽章報告",
    ),
    "report_why": (
        (
            "The page prints in Chinese and English and carries the signed statement that it was "
            "made from: `verify` makes the trail and the page again and compares."
        ),
        "报告页面中英对照、可打印，并附其所依据的已签名声明：verify 会重新推算责任链和页面并加以比对。",
        "報告頁面中英對照、可列印，並附其所依據的已簽章聲明：verify 會重新推算責任鏈和頁面並加以比對。",
    ),
    "affected": ("How far the error reached", "错误波及的范围", "錯誤波及的範圍"),
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
    "witness": (
        "A partner's node cosigns the log, by file",
        "合作方节点以文件方式联署日志",
        "合作方節點以檔案方式聯署日誌",
    ),
    "witness_why": (
        (
            "The partner cosigns only what continues what it cosigned before. From then on this "
            "log cannot be rewritten, not even with its own key, without contradicting it."
        ),
        "合作方只联署与此前所联署内容相衔接的检查点。此后即使持有本节点密钥，改写日志也必与其矛盾。",
        "合作方只聯署與此前所聯署內容相銜接的檢查點。此後即使持有本節點金鑰，改寫日誌也必與其矛盾。",
    ),
    "policy": (
        "{file} says: witness zhangzhou with this key; its cosignature is needed.",
        "{file} 的内容：见证方 zhangzhou 及此密钥；须有其联署。",
        "{file} 的內容：見證方 zhangzhou 及此金鑰；須有其聯署。",
    ),
    "prove": (
        "Prove one entry against the cosigned checkpoint",
        "依据已联署的检查点证明一个条目",
        "依據已聯署的檢查點證明一個條目",
    ),
    "prove_why": (
        (
            "Entry {index}, the ruling, with the hashes that lead from it to the root. The trust "
            "file now asks for the witness's cosignature, too."
        ),
        "条目 {index}（认定）及由其通向根散列的各散列值。信任文件现在还要求见证方的联署。",
        "條目 {index}（認定）及由其通向根雜湊的各雜湊值。信任檔案現在還要求見證方的聯署。",
    ),
    "rolled_back": (
        "An old backup in place of the log",
        "以旧备份替换日志",
        "以舊備份替換日誌",
    ),
    "rolled_back_why": (
        (
            "The store of a copy is replaced by a backup from before the statement. The backup is "
            "whole in itself; the high-water mark beside it knows that the log was longer."
        ),
        "把副本中的存储换成出具声明之前的备份。该备份自身完整，但旁边的高水位标记知道日志曾更长。",
        "把副本中的儲存換成出具聲明之前的備份。該備份自身完整，但旁邊的高水位標記知道日誌曾更長。",
    ),
    "done": (
        "Done: everything came out as expected.",
        "完成：结果全部符合预期。",
        "完成：結果全部符合預期。",
    ),
    "kept": ("The node is kept in {folder}.", "节点保留在 {folder}。", "節點保留在 {folder}。"),
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
}


def say(language: Language, word: str, **fields: object) -> str:
    return WORDS[word][LANGUAGES.index(language)].format(**fields)
