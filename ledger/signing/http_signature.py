"""HTTP message signatures (RFC 9421) with Ed25519, and content digests (RFC 9530). Pure.

A strict subset on top of structured fields (RFC 9651). A message has one signature, labelled
``LABEL``; it covers exactly the components that the reader expects, whatever their order, and
has exactly the parameters ``created``, ``keyid``, ``nonce`` and ``tag``, with or without ``alg``,
which is then ``ed25519``. Key and algorithm come from the reader, never from the message. Fields
are read in their one canonical spelling: what a serialiser of the RFC would not have written
is refused.

A component is named as it stands in the signature base: ``"content-digest";req``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NoReturn, cast

import http_sf
from http_sf.item import ser_item

from ledger.errors import Phrase, UnusableInput
from ledger.signing.keys import SIGNATURE_BYTES, SigningKey, verify_bytes

LABEL: Final = "sig"
ALGORITHM: Final = "ed25519"

MAX_FIELD: Final = 2048
"""Characters of one header field that is read: ours have some 400."""

_PARAMETERS: Final = {"created", "keyid", "nonce", "tag"}

_SPELLING = Phrase(
    "it is no canonical structured field", "不是规范的结构化字段", "不是規範的結構化欄位"
)
_LABELS = Phrase(
    f"it holds something else than the one signature {LABEL}",
    f"其内容不是唯一的签名 {LABEL}",
    f"其內容不是唯一的簽章 {LABEL}",
)
_COVERED = Phrase(
    "it does not cover exactly what is to be covered", "签名范围与要求不符", "簽章範圍與要求不符"
)
_PARAMS = Phrase(
    "created, keyid, nonce and tag are its parameters, each of its kind",
    "其参数应为 created、keyid、nonce、tag，且类型正确",
    "其參數應為 created、keyid、nonce、tag，且類型正確",
)
_VALUE = Phrase("it is not printable ASCII", "含有非可打印 ASCII 字符", "含有非可列印 ASCII 字元")
_LENGTH = Phrase("it is no Ed25519 signature", "不是 Ed25519 签名", "不是 Ed25519 簽章")


class HttpSignatureMalformed(UnusableInput):
    code = "http_signature_malformed"
    en = "the message is not signed as it should be (RFC 9421): {field}: {why}"
    zh_cn = "消息未按要求签名（RFC 9421）：{field}：{why}"
    zh_tw = "訊息未按要求簽章（RFC 9421）：{field}：{why}"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as it was read; whose it is, and whether it holds, is not said yet."""

    created: int
    """Seconds since 1970, as the signer says."""
    keyid: str
    nonce: str
    tag: str
    signature: bytes
    base: bytes
    """What was signed."""

    def holds(self, public_key: bytes) -> bool:
        return verify_bytes(public_key, self.base, self.signature)


def content_digest(body: bytes) -> str:
    """The field ``Content-Digest`` of a body (RFC 9530), by SHA-256 alone."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode('ascii')}:"


def signature_base(values: Mapping[str, str], covered: Sequence[str], params: str) -> bytes:
    """RFC 9421 section 2.5. ``params``: the serialised inner list with its parameters.

    Raises ``HttpSignatureMalformed`` for a value that could pass for another line.
    """
    for name in covered:
        if not (values[name].isascii() and values[name].isprintable()):
            _refuse(name, _VALUE)
    lines = [f"{name}: {values[name]}" for name in covered]
    return "\n".join([*lines, f'"@signature-params": {params}']).encode("ascii")


def sign(
    key: SigningKey,
    values: Mapping[str, str],
    *,
    created: int,
    nonce: str,
    tag: str,
) -> dict[str, str]:
    """The two fields of a message whose components have these values, all of them covered."""
    told: dict[str, Any] = {
        "created": created,
        "keyid": key.keyid,
        "alg": ALGORITHM,
        "nonce": nonce,
        "tag": tag,
    }
    params = f"({' '.join(values)}){_serialised_params(told)}"
    signature = key.sign(signature_base(values, list(values), params))
    return {"signature-input": f"{LABEL}={params}", "signature": f"{LABEL}={in_bytes(signature)}"}


def in_bytes(data: bytes) -> str:
    """A byte sequence as structured fields spell it."""
    return f":{b64encode(data).decode('ascii')}:"


def read(signature_input: str, signature: str, values: Mapping[str, str]) -> Signed:
    """The signature of a message, of which ``values`` must be covered, no less and no more.

    Raises ``HttpSignatureMalformed``.
    """
    member, params = _member("Signature-Input", signature_input)
    if not isinstance(member, list):
        _refuse("Signature-Input", _LABELS)
    covered = [ser_item(item) for item in member]
    if sorted(covered) != sorted(values):
        _refuse("Signature-Input", _COVERED)
    _require_params(params)
    made, more = _member("Signature", signature)
    if more or not isinstance(made, bytes) or len(made) != SIGNATURE_BYTES:
        _refuse("Signature", _LENGTH)
    return Signed(
        created=params["created"],
        keyid=params["keyid"],
        nonce=params["nonce"],
        tag=params["tag"],
        signature=made,
        base=signature_base(values, covered, signature_input.removeprefix(f"{LABEL}=")),
    )


def _require_params(params: Mapping[str, Any]) -> None:
    texts = (params.get(name) for name in _PARAMETERS - {"created"})
    if (
        set(params) - {"alg"} != _PARAMETERS
        or type(params["created"]) is not int
        or not all(type(text) is str for text in texts)
        or params.get("alg", ALGORITHM) != ALGORITHM
    ):
        _refuse("Signature-Input", _PARAMS)


def _member(field: str, text: str) -> tuple[Any, dict[str, Any]]:
    """The value and the parameters of the one member, which bears the label."""
    if len(text) > MAX_FIELD or not text.isascii():
        _refuse(field, _SPELLING)
    try:
        read = http_sf.parse(text.encode("ascii"), tltype="dictionary")
        spelled = http_sf.ser(read) if read else ""
    except (ValueError, TypeError):
        _refuse(field, _SPELLING)
    if spelled != text:
        _refuse(field, _SPELLING)
    members = cast("dict[str, tuple[Any, dict[str, Any]]]", read)
    if list(members) != [LABEL]:
        _refuse(field, _LABELS)
    return members[LABEL]


def _serialised_params(params: dict[str, Any]) -> str:
    return ser_item((True, params)).removeprefix("?1")


def _refuse(field: str, why: Phrase) -> NoReturn:
    raise HttpSignatureMalformed(field=field, why=why)
