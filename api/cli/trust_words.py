"""The words of ``trust`` in three languages."""

from __future__ import annotations

from typing import Final

TRUST_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "trust_list_made": (
        (
            "{path} is the draft of version {version}, {nodes} nodes and {keys} keys, digest {digest}; "
            "{threshold} of {governors} governors sign it"
        ),
        (
            "{path} 为第 {version} 版草案（节点 {nodes} 个、密钥 {keys} 个，摘要 {digest}）；"
            "须由 {governors} 个治理密钥中的 {threshold} 个签名"
        ),
        (
            "{path} 為第 {version} 版草案（節點 {nodes} 個、金鑰 {keys} 個，摘要 {digest}）；"
            "須由 {governors} 個治理金鑰中的 {threshold} 個簽名"
        ),
    ),
    "trust_list_signed": (
        (
            "{path}: version {version}, digest {digest}, signed by {found} of the {threshold} "
            "governors that it needs"
        ),
        "{path}：第 {version} 版，摘要 {digest}，已有 {found} 个治理签名，需要 {threshold} 个",
        "{path}：第 {version} 版，摘要 {digest}，已有 {found} 個治理簽名，需要 {threshold} 個",
    ),
    "not_a_governor": (
        (
            "{keyid} is not a governor of this list: the signature counts only where the list before "
            "names it"
        ),
        "{keyid} 不是本列表的治理密钥：仅当前一列表列有该密钥时签名才计入",
        "{keyid} 不是本列表的治理金鑰：僅當前一列表列有該金鑰時簽名才計入",
    ),
    "trust_list_ok": (
        "version {version}, digest {digest}: no fault",
        "第 {version} 版，摘要 {digest}：未发现问题",
        "第 {version} 版，摘要 {digest}：未發現問題",
    ),
    "trust_list_fault": (
        "{kind}: {message}",
        "{kind}：{message}",
        "{kind}：{message}",
    ),
    "trust_list_adopted": (
        "version {version} of the trust list is adopted, digest {digest}; it expires at {expires}",
        "已采用信任列表第 {version} 版，摘要 {digest}；到期时刻 {expires}",
        "已採用信任列表第 {version} 版，摘要 {digest}；到期時刻 {expires}",
    ),
    "first_trust_list": (
        (
            "this is the node's first list: that these governors ({threshold} of them sign) are the "
            "right ones is your word alone, compare their key ids: {governors}"
        ),
        (
            "这是本节点的第一份列表：治理密钥是否正确仅凭您的确认（须其中 {threshold} 个签名），"
            "请核对其编号：{governors}"
        ),
        (
            "這是本節點的第一份列表：治理金鑰是否正確僅憑您的確認（須其中 {threshold} 個簽名），"
            "請核對其編號：{governors}"
        ),
    ),
}
