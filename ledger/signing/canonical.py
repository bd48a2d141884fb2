"""Canonical JSON (RFC 8785, JCS) for the ledger's restricted vocabulary, and strict reading.

The vocabulary: objects with ASCII keys, arrays, strings without lone surrogates, integers
within +-(2^53-1), true, false, null; never a float. Within it JCS needs no number
formatting and its key order (UTF-16 code units) is plain byte order, so orjson writes the
very bytes; ``tests/property/test_canonical.py`` holds them equal to ``rfc8785``.

No Unicode normalisation anywhere: what was signed is what is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import orjson

from ledger.errors import UnusableInput

JSON: TypeAlias = "bool | int | str | list[JSON] | dict[str, JSON] | None"

MAX_SAFE_INTEGER = 2**53 - 1
"""Beyond it a JavaScript reader would silently round (RFC 8785 section 3.2.2.3, RFC 7493)."""

MAX_DEPTH = 32
"""Containers inside one another. The vocabulary uses 6; readers in other languages stop at 64."""

MAX_JSON_BYTES = 1 << 20
"""What ``parse_strict`` reads unless told otherwise: 16 times the largest entry payload."""

_OPTIONS = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_SCALARS = frozenset({str, int, bool, type(None)})


class NotInVocabulary(UnusableInput):
    """A value that the ledger's JSON cannot hold. ``where`` is a JSON Pointer (RFC 6901)."""

    code = "json_value_not_allowed"
    en = "the value at {where!r} cannot be written: {kind} is not allowed in the ledger's JSON"
    zh_cn = "位于 {where!r} 的值无法写入：账本的 JSON 不允许 {kind}"
    zh_tw = "位於 {where!r} 的值無法寫入：帳本的 JSON 不允許 {kind}"


class NumberNotAllowed(UnusableInput):
    code = "json_number_not_allowed"
    en = (
        "the number at {where!r} is not an integer within 2^53-1; "
        'write amounts as decimal strings such as "3.5"'
    )
    zh_cn = '位于 {where!r} 的数字不是 2^53-1 以内的整数；金额请写成十进制字符串，例如 "3.5"'
    zh_tw = '位於 {where!r} 的數字不是 2^53-1 以內的整數；金額請寫成十進位字串，例如 "3.5"'


class KeyNotAscii(UnusableInput):
    code = "json_key_not_ascii"
    en = "a member name at {where!r} is not ASCII text; use the field's code"
    zh_cn = "位于 {where!r} 的成员名不是 ASCII 文本；请使用字段代码"
    zh_tw = "位於 {where!r} 的成員名稱不是 ASCII 文字；請使用欄位代碼"


class LoneSurrogate(UnusableInput):
    code = "json_lone_surrogate"
    en = "the text at {where!r} holds half of a surrogate pair; write the text again"
    zh_cn = "位于 {where!r} 的文本含有不成对的代理码位；请重新录入该文本"
    zh_tw = "位於 {where!r} 的文字含有不成對的代理碼位；請重新輸入該文字"


class JsonTooDeep(UnusableInput):
    code = "json_too_deep"
    en = "the JSON nests more than {limit} levels deep; flatten it"
    zh_cn = "JSON 嵌套超过 {limit} 层；请减少嵌套"
    zh_tw = "JSON 巢狀超過 {limit} 層；請減少巢狀"


class JsonTooLong(UnusableInput):
    code = "json_too_long"
    en = "the JSON is {size} bytes long, more than the {limit} allowed; split it"
    zh_cn = "JSON 长度为 {size} 字节，超过允许的 {limit} 字节；请拆分"
    zh_tw = "JSON 長度為 {size} 位元組，超過允許的 {limit} 位元組；請拆分"


class JsonMalformed(UnusableInput):
    code = "json_malformed"
    en = "not valid JSON in UTF-8 without byte order mark: {detail} (line {line}, column {column})"
    zh_cn = "不是有效的 JSON（UTF-8，无 BOM）：{detail}（第 {line} 行，第 {column} 列）"
    zh_tw = "不是有效的 JSON（UTF-8，無 BOM）：{detail}（第 {line} 行，第 {column} 欄）"


class DuplicateKey(UnusableInput):
    code = "json_duplicate_key"
    en = "the member name {key!r} stands twice in one object; keep one"
    zh_cn = "同一对象中成员名 {key!r} 出现两次；请只保留一个"
    zh_tw = "同一物件中成員名稱 {key!r} 出現兩次；請只保留一個"


class NotCanonical(UnusableInput):
    code = "json_not_canonical"
    en = (
        "the JSON is not in canonical form (RFC 8785); first difference at byte {offset}. "
        "Use the bytes exactly as they were issued"
    )
    zh_cn = "JSON 不是规范形式（RFC 8785）；首个差异位于第 {offset} 字节。请使用签发时的原始字节"
    zh_tw = (
        "JSON 不是規範形式（RFC 8785）；首個差異位於第 {offset} 位元組。請使用簽發時的原始位元組"
    )


def canonical(value: object, *, max_depth: int = MAX_DEPTH) -> bytes:
    """The RFC 8785 bytes of ``value`` (dict, list, tuple, str, int, bool, None, nested).

    Raises ``NotInVocabulary``, ``NumberNotAllowed``, ``KeyNotAscii``, ``LoneSurrogate`` or
    ``JsonTooDeep``, naming the place. Exact types only: an enum, UUID or datetime is
    refused, the caller decides how such a value is spelled.
    """
    try:
        if _is_plain(value, max_depth):
            return orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        pass
    raise _first_fault(value, max_depth)


def canonical_unchecked(value: object) -> bytes:
    """As ``canonical``, for values that were validated already: no walk, a few times as fast.

    Given a float or a non-ASCII key its result is not canonical. ``TypeError`` for what
    orjson itself refuses (an integer beyond 2^53-1, a lone surrogate, a foreign type).
    """
    return orjson.dumps(value, option=_OPTIONS)


def parse_strict(
    data: bytes, *, max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_DEPTH
) -> JSON:
    """Read JSON that a person or a foreign program wrote; member order and spaces are free.

    Raises ``JsonTooLong`` before anything is parsed, ``JsonMalformed`` (also for NaN,
    Infinity, a byte order mark, bad UTF-8 and lone surrogates), ``JsonTooDeep``,
    ``NumberNotAllowed`` and ``DuplicateKey``. Non-ASCII member names are left to the
    caller, who knows which names exist.
    """
    value = _loads(data, max_bytes, max_depth)
    fault = next(_faults(value, "", 0, max_depth, ascii_keys=False), None)
    if fault is not None:
        raise fault
    # orjson keeps the last of two members, so only another reading can tell.
    json.loads(data, object_pairs_hook=_unique)
    return value


def require_canonical(
    data: bytes, *, max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_DEPTH
) -> JSON:
    """The value of ``data``, which must be exactly the bytes that ``canonical`` writes.

    Proved by encoding again, which also catches duplicate members, escapes, spaces and
    member order. Raises ``NotCanonical`` beside the errors of ``parse_strict``.
    """
    value = _loads(data, max_bytes, max_depth)
    try:
        again = orjson.dumps(value, option=_OPTIONS) if _is_plain(value, max_depth) else b""
    except TypeError:
        again = b""
    if again == data:
        return value
    if not again:
        raise _first_fault(value, max_depth)
    raise NotCanonical(offset=_first_difference(again, data))


def _loads(data: bytes, max_bytes: int, max_depth: int) -> JSON:
    if len(data) > max_bytes:
        raise JsonTooLong(size=len(data), limit=max_bytes)
    try:
        value: JSON = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if error.msg.startswith("depth limit"):
            raise JsonTooDeep(limit=max_depth) from None
        # Without the chain: it would carry the whole document into a log.
        raise JsonMalformed(detail=error.msg, line=error.lineno, column=error.colno) from None
    return value


def _is_plain(value: object, max_depth: int) -> bool:
    """Whether a walk finds nothing but the vocabulary.

    Left to orjson, which raises ``TypeError``: integers beyond 2^53-1, lone surrogates,
    subclasses. A container of scalars, which most are, takes no step in Python a member.
    """
    kind = type(value)
    if kind in _SCALARS:
        return True
    if max_depth == 0:
        return False
    members: Iterable[object]
    if isinstance(value, dict):
        if not "".join(value).isascii():
            return False
        members = value.values()
    elif isinstance(value, (list, tuple)):
        members = value
    else:
        return False
    if _SCALARS.issuperset(map(type, members)):
        return True
    for member in members:
        if type(member) not in _SCALARS and not _is_plain(member, max_depth - 1):
            return False
    return True


def _first_fault(value: object, max_depth: int) -> UnusableInput:
    return next(_faults(value, "", 0, max_depth, ascii_keys=True))


def _faults(
    value: object, where: str, depth: int, max_depth: int, *, ascii_keys: bool
) -> Iterator[UnusableInput]:
    """Every fault with its place, in order: the slow walk that words an error.

    No value is quoted: it may be personal data on its way into a log.
    """
    kind = type(value)
    if kind is dict or kind is list or kind is tuple:
        if depth == max_depth:
            yield JsonTooDeep(limit=max_depth)
            return
        assert isinstance(value, (dict, list, tuple))
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in members:
            if kind is dict and (type(key) is not str or (ascii_keys and not key.isascii())):
                yield KeyNotAscii(where=where)
                continue
            yield from _faults(item, f"{where}/{key}", depth + 1, max_depth, ascii_keys=ascii_keys)
    elif kind is float or (type(value) is int and abs(value) > MAX_SAFE_INTEGER):
        yield NumberNotAllowed(where=where)
    elif type(value) is str:
        if not _is_unicode(value):
            yield LoneSurrogate(where=where)
    elif kind not in _SCALARS:
        yield NotInVocabulary(where=where, kind=kind.__name__)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, object]]) -> None:
    """An ``object_pairs_hook`` that keeps nothing and refuses a repeated member."""
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise DuplicateKey(key=key)
        seen.add(key)


def _first_difference(one: bytes, other: bytes) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
