"""What scripts/demo says of the region, the days and the evidence, in three languages."""

from __future__ import annotations

from typing import Final

REGION_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "found": ("Found four nodes", "建立四个节点", "建立四個節點"),
    "found_why": (
        (
            "Three cities, and a fourth node that only witnesses. Their clocks are simulated, so "
            "that the demo can play two months in minutes; each first entry says so for ever."
        ),
        (
            "三座城市，以及一个只作见证的节点。各节点使用模拟时钟，以便在几分钟内演示两个月的过程；"
            "每个日志的首个条目永久载明这一点。"
        ),
        (
            "三座城市，以及一個只作見證的節點。各節點使用模擬時鐘，以便在幾分鐘內演示兩個月的過程；"
            "每個日誌的首個條目永久載明這一點。"
        ),
    ),
    "sample": ("Make a file of penalties", "生成行政处罚文件", "產生行政處罰檔案"),
    "admit_why": (
        "Each node has its own. The supplier has a key and signs what it hands in.",
        "各节点接入各自的机构。信息提供单位持有自己的密钥，并对所提交的文件签名。",
        "各節點接入各自的機構。資訊提供單位持有自己的金鑰，並對所提交的檔案簽章。",
    ),
    "witness": ("A node that only witnesses", "只作见证的节点", "只作見證的節點"),
    "witness_why": (
        (
            "It cosigns only what continues what it cosigned before. From then on no city can rewrite "
            "its log, not even with its own key, without contradicting it."
        ),
        "它只联署与此前所联署内容相衔接的检查点。此后任何城市即使持有自己的密钥，改写日志也必与其矛盾。",
        "它只聯署與此前所聯署內容相銜接的檢查點。此後任何城市即使持有自己的金鑰，改寫日誌也必與其矛盾。",
    ),
    "policy": (
        "{file} asks for its cosignature:",
        "{file} 要求其联署：",
        "{file} 要求其聯署：",
    ),
    "list": (
        "A trust list, signed by two of three governors",
        "由三个治理密钥中的两个签署的信任列表",
        "由三個治理金鑰中的兩個簽署的信任列表",
    ),
    "list_why": (
        (
            "Whose keys count, for what, from when until when, and which witness must have cosigned. "
            "Each city tells of itself; the governors sign; each city adopts."
        ),
        (
            "哪些密钥有效、用于什么、起止时间，以及须由哪个见证方联署。"
            "各城市说明自身情况，治理方签署，各城市采用。"
        ),
        (
            "哪些金鑰有效、用於什麼、起訖時間，以及須由哪個見證方聯署。"
            "各城市說明自身情況，治理方簽署，各城市採用。"
        ),
    ),
    "serve": ("The nodes answer over HTTP", "各节点通过 HTTP 提供服务", "各節點透過 HTTP 提供服務"),
    "serve_why": (
        "On this machine only. Requests and answers are signed with the keys of the list.",
        "仅限本机。请求和应答均以列表所载密钥签名。",
        "僅限本機。請求和應答均以列表所載金鑰簽章。",
    ),
    "collected": (
        "2 to 9 March, xiamen: a wrong record, and a sanction on it",
        "3月2日至9日，厦门：错误记录与据此实施的惩戒",
        "3月2日至9日，廈門：錯誤記錄與據此實施的懲戒",
    ),
    "collected_why": (
        (
            "A fine (R1) is recorded about the wrong firm and notified; a procurement ban (S1) "
            "rests on it."
        ),
        "一条罚款（R1）被错记到另一家企业名下，告知后据此限制其参与政府采购（S1）。",
        "一條罰款（R1）被錯記到另一家企業名下，告知後據此限制其參與政府採購（S1）。",
    ),
    "disclosed": (
        "10 March: two bundles, and both receipts",
        "3月10日：两个共享包及其回执",
        "3月10日：兩個共享包及其回執",
    ),
    "disclosed_why": (
        (
            "A bundle carries R1 with every signed entry that it stands on, their proofs, and a "
            "checkpoint that the witness cosigned. `push` brings it; the receipt is the reply."
        ),
        (
            "共享包载有 R1 及其所依据的全部已签名条目、各自的证明，以及经见证方联署的检查点。"
            "push 送达，应答即为回执。"
        ),
        (
            "共享包載有 R1 及其所依據的全部已簽章條目、各自的證明，以及經見證方聯署的檢查點。"
            "push 送達，應答即為回執。"
        ),
    ),
    "imposed": (
        "12 and 16 March: sanctions elsewhere rest on what was received",
        "3月12日、16日：其他城市据所收信息实施惩戒",
        "3月12日、16日：其他城市據所收資訊實施懲戒",
    ),
    "imposed_why": (
        "A label that came in a bundle stands under its node's name: xiamen/R1.",
        "随共享包而来的标签冠以其节点名：xiamen/R1。",
        "隨共享包而來的標籤冠以其節點名：xiamen/R1。",
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
    "objected": (
        "20 March, xiamen: the firm objects",
        "3月20日，厦门：企业提出异议",
        "3月20日，廈門：企業提出異議",
    ),
    "objected_why": (
        (
            "In one transaction S1 is suspended and each recipient of R1 is owed a notice: nobody "
            "types in who they are, the log knows to whom R1 was disclosed."
        ),
        "同一事务中暂停 S1，并对 R1 的每个接收方产生一项通知义务：无须录入，日志载明 R1 曾提供给谁。",
        "同一交易中暫停 S1，並對 R1 的每個接收方產生一項通知義務：無須登錄，日誌載明 R1 曾提供給誰。",
    ),
    "fetched": (
        "23 March: zhangzhou fetches the notice",
        "3月23日：漳州取得通知",
        "3月23日：漳州取得通知",
    ),
    "fetched_why": (
        (
            "S2 is suspended in the transaction that takes the notice in. Its enforcer reports that it "
            "stopped; the acknowledgement goes back with that report, and the entries that prove it."
        ),
        "接收通知的同一事务中暂停 S2。执行机构报告已停止；更正确认随该报告及其证明条目一并返回。",
        "接收通知的同一交易中暫停 S2。執行機構報告已停止；更正確認隨該報告及其證明條目一併傳回。",
    ),
    "went_on": (
        "24 to 30 March: in quanzhou the enforcer goes on",
        "3月24日至30日：泉州的执行机构仍在执行",
        "3月24日至30日：泉州的執行機構仍在執行",
    ),
    "went_on_why": (
        (
            "The node suspends S3 and acknowledges; that does not close the loop, because the enforcer "
            "has not said that it stopped."
        ),
        "节点暂停 S3 并予以确认；但执行机构未报告停止，该通知不能了结。",
        "節點暫停 S3 並予以確認；但執行機構未報告停止，該通知不能了結。",
    ),
    "withdrawn": (
        "24 April, xiamen: it comes out",
        "4月24日，厦门：真相查明",
        "4月24日，廈門：真相查明",
    ),
    "withdrawn_why": (
        (
            "The supplier admits its error and R1 is withdrawn, which lifts S1; S1 is ruled wrongful for "
            "its whole period. Correction notices are owed again. Outstanding the day after:"
        ),
        "信息提供单位承认错误并撤销 R1，S1 随之解除；S1 被认定全程错误。更正通知再次产生。次日的未结通知：",
        "資訊提供單位承認錯誤並撤銷 R1，S1 隨之解除；S1 被認定全程錯誤。更正通知再次產生。次日的未結通知：",
    ),
    "corrected": (
        "27 April: the correction arrives, and the loop closes",
        "4月27日：更正送达，通知了结",
        "4月27日：更正送達，通知了結",
    ),
    "corrected_why": (
        (
            "S2 and S3 are lifted on arrival, reported lifted and ruled wrongful; acknowledgements and "
            "enforcement statuses go back with the signed entries of both."
        ),
        "S2、S3 于送达时解除，执行机构报告解除，并被认定错误；更正确认和执行情况随二者的已签名条目返回。",
        "S2、S3 於送達時解除，執行機構報告解除，並被認定錯誤；更正確認和執行情況隨二者的已簽章條目傳回。",
    ),
    "none_open": ("    no notice is open", "    没有未结的通知", "    沒有未結的通知"),
    "days": (
        "Who answers for which days, on each node",
        "各节点所列：何方承担哪些天数",
        "各節點所列：何方承擔哪些天數",
    ),
    "days_why": (
        (
            "Xiamen tells the whole table, from the entries that the others signed and sent back; "
            "the others tell of their own sanction."
        ),
        "厦门依据其他节点签名并返回的条目列出全表；其他节点只列自己的惩戒。",
        "廈門依據其他節點簽章並傳回的條目列出全表；其他節點只列自己的懲戒。",
    ),
    "late": (
        "    The supplier's answer was due on {due_on} and came on {answered_on}: {days} working days late.",
        "    提供单位应于 {due_on} 前答复，实际于 {answered_on} 答复，逾期 {days} 个工作日。",
        "    提供單位應於 {due_on} 前答覆，實際於 {answered_on} 答覆，逾期 {days} 個工作日。",
    ),
    "questions": (
        "Four questions, each with two dates",
        "四个问题，各有两个日期",
        "四個問題，各有兩個日期",
    ),
    "questions_why": (
        (
            "The first is the one that was asked in March: its answer has not changed. Then the same day "
            "as known at the end of April; 25 March, disputed; and 27 March in quanzhou, where the "
            "enforcer had not said that it stopped."
        ),
        (
            "第一个即三月所提：回答没有变化。其后依次为：同一天，以四月底所知为准；3月25日，有争议；"
            "3月27日的泉州，执行机构尚未报告停止。"
        ),
        (
            "第一個即三月所提：回答沒有變化。其後依次為：同一天，以四月底所知為準；3月25日，有爭議；"
            "3月27日的泉州，執行機構尚未報告停止。"
        ),
    ),
    "affected": ("How far the error reached", "错误波及的范围", "錯誤波及的範圍"),
    "affected_why": (
        "Asked at xiamen, as known on 25 April and on 30 April.",
        "在厦门查询，分别以4月25日和4月30日所知为准。",
        "在廈門查詢，分別以4月25日和4月30日所知為準。",
    ),
    "evidence": ("The evidence, as files", "作为文件的证据", "作為檔案的證據"),
    "evidence_why": (
        (
            "Into {folder}: every message as it came, the trust list, a signed statement, Xiamen's signed "
            "report on Quanzhou's S3, a proof, checkpoints, and VERIFY.md, which says how to check each."
        ),
        (
            "存入 {folder}：收到的全部消息原件、信任列表、已签名的声明、厦门就泉州 S3 出具的已签名报告、"
            "一份证明、各检查点，以及说明如何核实的 VERIFY.md。"
        ),
        (
            "存入 {folder}：收到的全部訊息原件、信任列表、已簽章的聲明、廈門就泉州 S3 出具的已簽章報告、"
            "一份證明、各檢查點，以及說明如何核實的 VERIFY.md。"
        ),
    ),
    "verify": (
        "A stranger verifies, with the list alone",
        "陌生人仅凭列表进行验证",
        "陌生人僅憑列表進行驗證",
    ),
    "verify_why": (
        "No node, no network, no database. First the {messages} messages:",
        "无需节点、网络或数据库。先是 {messages} 条消息：",
        "無需節點、網路或資料庫。先是 {messages} 則訊息：",
    ),
    "openssl": (
        "The same signatures, with openssl alone",
        "仅用 openssl 验证同样的签名",
        "僅用 openssl 驗證同樣的簽章",
    ),
    "openssl_why": (
        "A bundle, and the entry of the ruling, under Xiamen's key.",
        "一个共享包及认定条目，以厦门的密钥验证。",
        "一個共享包及認定條目，以廈門的金鑰驗證。",
    ),
    "audit": ("Audit every entry of each log", "审计各日志的每一个条目", "稽核各日誌的每一個條目"),
    "rolled_back_why": (
        (
            "The store of a copy is replaced by a backup from before the statement. The backup is "
            "whole in itself; the high-water mark beside it knows that the log was longer."
        ),
        "把副本中的存储换成出具声明之前的备份。该备份自身完整，但旁边的高水位标记知道日志曾更长。",
        "把副本中的儲存換成出具聲明之前的備份。該備份自身完整，但旁邊的高水位標記知道日誌曾更長。",
    ),
    "kept": (
        "The nodes are kept in {folder}, the evidence in its folder evidence.",
        "节点保留在 {folder}，证据在其 evidence 目录中。",
        "節點保留在 {folder}，證據在其 evidence 目錄中。",
    ),
}

VERIFY_PAGE: Final[tuple[str, str, str]] = (
    """\
# How to verify these files

Everything here is invented. `list.json` says whose keys count; in earnest take it by a way that
you trust, not from whoever gave you the rest.

| file | what it is |
|---|---|
| `NN-bundle-...json` | a record for one recipient, with all that it stands on |
| `NN-receipt-...json` | what the recipient made of a message |
| `NN-notice-...json` | an objection or a withdrawal, to whoever received the record |
| `NN-acknowledgement-...json`, `NN-enforcement-status-...json` | what was done then, with the signed entries |
| `statement.json` | Xiamen's answer on the firm, with all that its log holds of it |
| `report-S3.html` | who answers for the days of S3; a page that carries its own signed statement |
| `ruling.json`, `ruling.tlog-proof` | one entry, and the proof that Xiamen's log contains it |
| `checkpoint-*.txt`, `*.vkey` | each log's size and root, cosigned by the witness; its verifier key |
| `exchange.svg` | the messages, drawn |

With the program, in this folder; add `--json` for the details:

    credit-ledger trust check list.json
    credit-ledger verify FILE --trust list.json
    credit-ledger verify ruling.tlog-proof --trust list.json --entry ruling.json

With openssl alone, the signature of any message or of `ruling.json`; the verifier key is that of
its sender:

    sh openssl.sh 01-bundle-xiamen-zhangzhou.json xiamen.vkey

In a browser without a network: open `verifier.html`, if it is here (else take docs/verifier.html
of the project), and drag in the list and any message, checkpoint, proof or entry. The statement and
the report have to be folded anew; only the program does that.
""",
    """\
# 如何验证这些文件

此处内容均为虚构。`list.json` 载明哪些密钥有效；正式使用时请通过可信途径取得，而非取自提供其余文件的一方。

| 文件 | 内容 |
|---|---|
| `NN-bundle-...json` | 提供给一个接收方的信用信息及其全部依据 |
| `NN-receipt-...json` | 接收方对一条消息的回执 |
| `NN-notice-...json` | 致接收方的异议或撤销通知 |
| `NN-acknowledgement-...json`、`NN-enforcement-status-...json` | 其后的处理情况及已签名条目 |
| `statement.json` | 厦门关于该企业的回答及其日志所持有的全部相关条目 |
| `report-S3.html` | 何方承担 S3 的天数；页面自带已签名声明 |
| `ruling.json`、`ruling.tlog-proof` | 一个条目，及厦门日志包含该条目的证明 |
| `checkpoint-*.txt`、`*.vkey` | 各日志的大小和根，经见证方联署；日志的验证密钥 |
| `exchange.svg` | 消息往来图 |

使用本程序，在此目录中执行；加 `--json` 可得详情：

    credit-ledger trust check list.json
    credit-ledger verify FILE --trust list.json
    credit-ledger verify ruling.tlog-proof --trust list.json --entry ruling.json

仅用 openssl，验证任一消息或 `ruling.json` 的签名；验证密钥取其发送方的：

    sh openssl.sh 01-bundle-xiamen-zhangzhou.json xiamen.vkey

无网络的浏览器：打开此处的 `verifier.html`（如没有，取项目的 docs/verifier.html），拖入列表和任一消息、
检查点、证明或条目。声明和报告须重新推算，仅本程序可以核实。
""",
    """\
# 如何驗證這些檔案

此處內容均為虛構。`list.json` 載明哪些金鑰有效；正式使用時請透過可信途徑取得，而非取自提供其餘檔案的一方。

| 檔案 | 內容 |
|---|---|
| `NN-bundle-...json` | 提供給一個接收方的信用資訊及其全部依據 |
| `NN-receipt-...json` | 接收方對一則訊息的回執 |
| `NN-notice-...json` | 致接收方的異議或撤銷通知 |
| `NN-acknowledgement-...json`、`NN-enforcement-status-...json` | 其後的處理情況及已簽章條目 |
| `statement.json` | 廈門關於該企業的回答及其日誌所持有的全部相關條目 |
| `report-S3.html` | 何方承擔 S3 的天數；頁面自帶已簽章聲明 |
| `ruling.json`、`ruling.tlog-proof` | 一個條目，及廈門日誌包含該條目的證明 |
| `checkpoint-*.txt`、`*.vkey` | 各日誌的大小和根，經見證方聯署；日誌的驗證金鑰 |
| `exchange.svg` | 訊息往來圖 |

使用本程式，在此目錄中執行；加 `--json` 可得詳情：

    credit-ledger trust check list.json
    credit-ledger verify FILE --trust list.json
    credit-ledger verify ruling.tlog-proof --trust list.json --entry ruling.json

僅用 openssl，驗證任一訊息或 `ruling.json` 的簽章；驗證金鑰取其傳送方的：

    sh openssl.sh 01-bundle-xiamen-zhangzhou.json xiamen.vkey

無網路的瀏覽器：開啟此處的 `verifier.html`（如沒有，取專案的 docs/verifier.html），拖入列表和任一訊息、
檢查點、證明或條目。聲明和報告須重新推算，僅本程式可以核實。
""",
)
