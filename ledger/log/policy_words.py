"""What can be wrong with a line of a witness policy, in three languages."""

from __future__ import annotations

from typing import Final

from ledger.errors import Phrase

NOT_PRINTABLE: Final = Phrase(
    "it holds a control character (a carriage return?)",
    "含有控制字符（回车符？）",
    "含有控制字元（歸位字元？）",
)
NOT_A_LINE: Final = Phrase(
    "log VKEY [URL], witness NAME VKEY [URL], group NAME NUMBER|any|all NAME... "
    "and quorum NAME are the lines it may hold",
    "只能是 log VKEY [URL]、witness 名称 VKEY [URL]、group 名称 数目|any|all 成员… 或 quorum 名称",
    "只能是 log VKEY [URL]、witness 名稱 VKEY [URL]、group 名稱 數目|any|all 成員… 或 quorum 名稱",
)
QUORUM_TWICE: Final = Phrase("there is a quorum line already", "已有 quorum 行", "已有 quorum 行")
NO_QUORUM: Final = Phrase(
    "the quorum line is missing (quorum none asks for no witness)",
    "缺少 quorum 行（不要求见证时写 quorum none）",
    "缺少 quorum 行（不要求見證時寫 quorum none）",
)
NOT_DEFINED: Final = Phrase(
    "it names a witness or group that no earlier line defines",
    "所引用的见证方或组未在前面定义",
    "所引用的見證方或群組未在前面定義",
)
DEFINED_TWICE: Final = Phrase(
    "its name is taken by an earlier line", "名称已被前面的行使用", "名稱已被前面的行使用"
)
RESERVED: Final = Phrase(
    "none can be no name of a witness or group",
    "none 不得用作见证方或组的名称",
    "none 不得用作見證方或群組的名稱",
)
MEMBER_TWICE: Final = Phrase(
    "a witness or group can be a member only once in the whole file",
    "同一见证方或组在整个文件中只能作为成员出现一次",
    "同一見證方或群組在整個檔案中只能作為成員出現一次",
)
NOT_A_THRESHOLD: Final = Phrase(
    "a group asks for at least one and at most all of its members",
    "组的门限至少为一，至多为成员总数",
    "群組的門檻至少為一，至多為成員總數",
)
KEY_TWICE: Final = Phrase(
    "an earlier line has the same public key", "前面的行已使用同一公钥", "前面的行已使用同一公鑰"
)
WRONG_KEY_TYPE: Final = Phrase(
    "a log has a key of type 01, a witness one of type 04",
    "日志的密钥类型应为 01，见证方的密钥类型应为 04",
    "日誌的金鑰類型應為 01，見證方的金鑰類型應為 04",
)


def too_many(limit: int) -> Phrase:
    return Phrase(
        "more than {limit} lines of this kind",
        "此类行多于 {limit} 行",
        "此類行多於 {limit} 行",
        {"limit": limit},
    )
