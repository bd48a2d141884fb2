"""The words of ``witness`` in three languages."""

from __future__ import annotations

from typing import Final

WITNESS_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "watching": (
        "{origin} is watched, under {keys} keys",
        "正在监看 {origin}，密钥 {keys} 个",
        "正在監看 {origin}，金鑰 {keys} 個",
    ),
    "policy_installed": (
        "{witnesses} witnesses, quorum: {quorum}",
        "见证方 {witnesses} 个，法定：{quorum}",
        "見證方 {witnesses} 個，法定：{quorum}",
    ),
    "requested": (
        "the request for size {size}, from {old} on: {path}",
        "大小 {size}（自 {old} 起）的请求：{path}",
        "大小 {size}（自 {old} 起）的請求：{path}",
    ),
    "cosigned": (
        "{origin} at size {size} is cosigned: {path}",
        "已联署 {origin} 的大小 {size}：{path}",
        "已聯署 {origin} 的大小 {size}：{path}",
    ),
    "witnessed": (
        "witnessed: size {size}, by {witnesses}",
        "已见证：大小 {size}，见证方 {witnesses}",
        "已見證：大小 {size}，見證方 {witnesses}",
    ),
    "unwitnessed": (
        "unwitnessed: size {size} has the cosignatures of {witnesses}, fewer than the policy asks",
        "未见证：大小 {size} 仅有 {witnesses} 的联署，未达策略要求",
        "未見證：大小 {size} 僅有 {witnesses} 的聯署，未達策略要求",
    ),
    "unasked": (
        "unwitnessed: the witnesses could not be asked: {why}",
        "未见证：无法向见证方请求：{why}",
        "未見證：無法向見證方請求：{why}",
    ),
    "outcome": ("witness {witness}: {why}", "见证方 {witness}：{why}", "見證方 {witness}：{why}"),
    "nobody": ("nobody", "无", "無"),
    "witness_answers": (
        "the witness {name} answers at {url}",
        "见证方 {name} 的服务地址：{url}",
        "見證方 {name} 的服務位址：{url}",
    ),
    "witness_of": (
        "this node cosigns as {vkey}",
        "本节点的见证密钥为 {vkey}",
        "本節點的見證金鑰為 {vkey}",
    ),
    "witnesses": ("witnesses", "见证方", "見證方"),
    "witness": ("witness", "见证方", "見證方"),
    "watched_logs": ("watched logs", "监看的日志", "監看的日誌"),
    "log": ("log", "日志", "日誌"),
    "size": ("size", "大小", "大小"),
    "at": ("at", "时刻", "時刻"),
    "address": ("address", "地址", "位址"),
    "forked": (
        "the log {origin} has forked: {count} proofs of it are kept",
        "日志 {origin} 已分叉：留存证据 {count} 份",
        "日誌 {origin} 已分叉：留存證據 {count} 份",
    ),
}
