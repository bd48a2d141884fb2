"""The parts of the verifier for browsers, each held against the program's own."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ledger.errors import LedgerError
from ledger.events import EVENT_TYPES
from ledger.exchange import trust_list
from ledger.exchange.forms import FORMS
from ledger.identifiers import organisation_id, public_id
from ledger.log import trust
from ledger.log.merkle import (
    HashRows,
    consistency_fault,
    consistency_proof,
    inclusion_fault,
    inclusion_proof,
    leaf_hash,
    root,
)
from ledger.signing.canonical import canonical, parse_strict, require_canonical
from ledger.signing.keys import check_public_key, verify_bytes
from scripts import _verifier_tables
from tests.exchange_material import BUYER, FIRMS, SUPPLIER
from tests.verifier_agreement import text, told

pytestmark = pytest.mark.tools

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors"
TABLES: dict[str, Any] = _verifier_tables._values()
EACH = 40
"""Values made for one form."""


def shared(name: str) -> Any:
    file = VECTORS / name
    if not file.is_file():
        pytest.skip(f"needs {name} of the shared vectors")
    return json.loads(file.read_bytes())


# -- signatures and keys ------------------------------------------------------------------


def _bytes_of(key: str, message: str, signature: str) -> tuple[bytes, bytes, bytes]:
    return bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)


def _ed25519(name: str) -> list[tuple[bytes, bytes, bytes]]:
    """Key, message and signature of each case."""
    given = shared(f"ed25519/{name}")
    if name.startswith("cctv"):
        return [
            (bytes.fromhex(one["key"]), one["msg"].encode(), bytes.fromhex(one["sig"]))
            for one in given
        ]
    if name.startswith("speccheck"):
        fields = ("pub_key", "message", "signature")
        return [_bytes_of(*(one[part] for part in fields)) for one in given]
    return [
        (
            bytes.fromhex(group["publicKey"]["pk"]),
            bytes.fromhex(one["msg"]),
            bytes.fromhex(one["sig"]),
        )
        for group in given["testGroups"]
        for one in group["tests"]
    ]


@pytest.mark.parametrize(
    "name", ["cctv_ed25519vectors.json", "speccheck_cases.json", "wycheproof_ed25519_test.json"]
)
def test_signatures_are_accepted_by_the_same_rule(name: str) -> None:
    """Of adversarial signatures and keys each is accepted by both, or by neither."""
    cases = _ed25519(name)
    asked = [
        {"what": "signature", "key": text(key), "message": text(message), "signature": text(sig)}
        for key, message, sig in cases
    ] + [{"what": "admitted", "key": text(key)} for key, _, _ in cases]
    wanted = [verify_bytes(*case) for case in cases] + [_is_admitted(key) for key, _, _ in cases]
    assert told(asked) == wanted
    assert {True, False} == set(wanted)


def _is_admitted(key: bytes) -> bool:
    try:
        check_public_key(key)
    except LedgerError:
        return False
    return True


# -- trees --------------------------------------------------------------------------------


def test_proofs_are_judged_alike() -> None:
    """Whole and changed proofs in trees of every size up to 20: the same fault, or none."""
    drawn = random.Random("trees")
    leaves = [leaf_hash(bytes([number])) for number in range(20)]
    reader = HashRows(leaves)
    asked: list[dict[str, Any]] = []
    wanted: list[str | None] = []
    for size in range(1, 21):
        for at in range(size):
            proof = _changed(drawn, list(inclusion_proof(at, size, reader)))
            index = at + drawn.choice((0, 0, 0, 1, -1))
            top = root(size, reader)
            fault = inclusion_fault(index, size, leaves[at], proof, top)
            wanted.append(None if fault is None else str(fault))
            asked.append(
                {
                    "what": "inclusion", "index": index, "size": size, "leaf": text(leaves[at]),
                    "proof": list(map(text, proof)), "root": text(top),
                }
            )  # fmt: skip
            old = at + 1
            proof = _changed(drawn, list(consistency_proof(old, size, reader)))
            old_root = root(old, reader) if drawn.random() < 0.8 else leaves[0]
            broken = consistency_fault(old, size, old_root, top, proof)
            wanted.append(None if broken is None else str(broken))
            asked.append(
                {
                    "what": "consistency", "old": old, "grown": size, "oldRoot": text(old_root),
                    "newRoot": text(top), "proof": list(map(text, proof)),
                }
            )  # fmt: skip
    assert told(asked) == wanted
    assert len(set(wanted)) >= 5


def _changed(drawn: random.Random, proof: list[bytes]) -> list[bytes]:
    how = drawn.randrange(6)
    if how == 0 and proof:
        proof.pop()
    elif how == 1:
        proof.append(bytes(32))
    elif how == 2 and proof:
        proof[0] = bytes(32)
    return proof


# -- JSON ---------------------------------------------------------------------------------

JSON: tuple[bytes, ...] = (
    b"", b"{}", b" {}", b"[]", b'{"a":1}', b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}',
    b'{"a":1}x', b"1.0", b"1e3", b"-0", b"0", b"-1", b"01", b"9007199254740991",
    b"9007199254740992", b"-9007199254740992", b"1" * 400, b"NaN", b"Infinity", b"true", b"True",
    b'"\\u0041"', b'"\\u001f"', b'"\\u001F"', b'"\\u000a"', b'"\\n"', b'"\\/"', b'"\n"', b'"\x7f"',
    b'"\\ud83d\\ude00"', b'"\\ud83d"', b'"\\ude00\\ud83d"', '"😀"'.encode(), b'"\xed\xa0\x80"',
    b'"\xc0\x80"', b"\xef\xbb\xbf{}", '{"é":1}'.encode(), b"[" * 32 + b"]" * 32,
    b"[" * 33 + b"]" * 33, b"[" * 3000 + b"]" * 3000, b'{"a":[1,{"b":[]}]}', b"[1,]", b'{"a":1,}',
    b'"a', b'"\\', b'"\\u12"', b"nul", b"[1 2]", b'{"a" 1}', b"{1:2}", b"\x00", b'"\x00"',
    b'{"__proto__":1}', b'{"constructor":{"a":1}}', b'{"2":1,"10":1}', b'{"10":1,"2":1}',
)  # fmt: skip


@pytest.mark.parametrize(
    ("what", "read"), [("strict", parse_strict), ("canonical", require_canonical)]
)
def test_json_is_read_alike(what: str, read: Any) -> None:
    """Strictly, and in its canonical form: taken by both or by neither."""

    def takes(data: bytes) -> bool:
        try:
            read(data)
        except LedgerError:
            return False
        return True

    answers = told({"what": what, "data": text(data)} for data in JSON)
    wrong = [data for data, found in zip(JSON, answers, strict=True) if found != takes(data)]
    assert wrong == []


def test_json_is_written_alike() -> None:
    """Members in order, the escapes that there must be and no other."""
    values = [
        {"b": [1, None, True, {"y": "x", "A": -5}], "a": '\x00\x1f\n\r\t\b\f"\\/\x7f中😀'},
        {"2": 1, "10": 2, "": "", "_": []},
    ]
    answers = told({"what": "written", "data": text(canonical(value))} for value in values)
    assert [one.encode() for one in answers] == [canonical(value) for value in values]


# -- ids ----------------------------------------------------------------------------------


def test_ids_are_made_alike() -> None:
    """Of subjects and of organisations, also of what only looks like a code."""
    codes = [SUPPLIER, BUYER, *FIRMS, SUPPLIER[:-1] + "0", SUPPLIER.lower(), "xiamen", "a", "中"]
    asked = [{"what": "identifier", "scheme": "uscc", "identifier": code} for code in codes]
    asked += [{"what": "organisation", "code": code} for code in codes]
    wanted: list[str | None] = [str(public_id("uscc", code)) for code in codes]
    for code in codes:
        try:
            wanted.append(str(organisation_id(code)))
        except LedgerError:
            wanted.append(None)
    assert told(asked) == wanted


# -- forms --------------------------------------------------------------------------------

TEXTS = (
    "", "x", "xiamen", "2026-03-10", "2026-02-30", "0000-01-01", "2026-03-10T02:00:00.000000Z",
    "2026-03-10T24:00:00.000000Z", "2026-03-10T02:00:00Z", "a" * 64, "0" * 64, "A" * 44, "AAAA",
    "none", "from_beginning", "3.5", "5", " 5 ", "5_0", "yes", "oFF", "\u202e", "中 文", " ",
    "\u0085", "\ufeff", "018f2d3c-0000-7000-8000-000000000000", "A" * 43 + "=", "B" * 86 + "==",
    "é" * 64, "😀" * 40, "a" * 2001, "real", "supplier",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    2,
    -1,
    2**53 - 1,
    [],
    {},
    [[]],
    {"a": 1},
    [None],
)


def made(drawn: random.Random, place: int, depth: int = 0) -> Any:
    """A value that mostly fits a form."""
    if drawn.random() < 0.06 / (1 + depth):
        return drawn.choice((*TEXTS, *OTHERS))
    kind, *rest = TABLES["SHAPES"][place]
    match kind:
        case "str":
            fitting = [one for one in TEXTS if _fits_text(one, *rest)]
            return drawn.choice(fitting or TEXTS)
        case "int":
            return drawn.choice((0, 1, 2, 7, 17, True, "5", 2**53 - 1))
        case "bool":
            return drawn.choice((True, False, 0, 1, "yes", "oFF", 2, "x"))
        case "literal":
            return drawn.choice(rest[0])
        case "nullable":
            return None if drawn.random() < 0.3 else made(drawn, rest[0], depth)
        case "list":
            return [made(drawn, rest[0], depth + 1) for _ in range(drawn.randrange(4))]
        case "dict":
            keys = ["a", "fine", "Ab", "a_1"][: drawn.randrange(4)]
            return {
                key: drawn.choice(TEXTS) if rest[1] is None else made(drawn, rest[1])
                for key in keys
            }
        case "union":
            return made(drawn, drawn.choice(rest[0]), depth)
        case "day":
            return drawn.choice(
                ("2026-03-10", "2024-02-29", "2023-02-29", "9999-12-31", "2026-3-10")
            )
        case "instant":
            return drawn.choice(TEXTS[6:9])
        case "after":
            return made(drawn, rest[0], depth)
        case "model":
            return _members(drawn, rest[0], depth)
        case _:
            return drawn.choice(([], "AAAA", "A" * 43 + "=", "A" * 22 + "==", None, [{}]))


def _fits_text(one: str, least: int | None, most: int | None, rule: str | None) -> bool:
    import re

    length = (least or 0) <= len(one) <= (most or 10_000)
    return length and (rule is None or re.search(rule, one) is not None)


def _members(drawn: random.Random, members: list[Any], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, alias, is_required, _, place in members:
        if (is_required and drawn.random() < 0.98) or drawn.random() < 0.4:
            found[drawn.choice((name, alias))] = made(drawn, place, depth + 1)
    if drawn.random() < 0.03:
        found["extra"] = 1
    return found


def _forms() -> dict[str, tuple[Any, int]]:
    found: dict[str, tuple[Any, int]] = {
        topic: (facts, TABLES["EVENTS"][topic]["shape"]) for topic, facts in EVENT_TYPES.items()
    }
    for kind, form in FORMS.items():
        found[form.kind] = (form, TABLES["MESSAGES"][kind])
    found["trust file"] = (trust._File, TABLES["TRUST_FILE"])
    found["trust list"] = (trust_list._Payload, TABLES["TRUST_LIST_PAYLOAD"])
    return found


def test_every_form_takes_the_same_values() -> None:
    """Facts of every event, every message, trust files and lists: taken by both or by neither."""
    drawn = random.Random("forms")
    asked: list[dict[str, Any]] = []
    wanted: list[bool] = []
    taken: set[str] = set()
    for name, (model, place) in _forms().items():
        for _ in range(EACH):
            value = made(drawn, place)
            try:
                model.model_validate(value)
                wanted.append(True)
                taken.add(name)
            except (ValidationError, LedgerError):
                wanted.append(False)
            data = json.dumps(value, ensure_ascii=False).encode()
            asked.append({"what": "fits", "place": place, "value": text(data)})
    answers = told(asked)
    wrong = [
        (one, found)
        for one, found, right in zip(asked, answers, wanted, strict=True)
        if found != right
    ]
    assert not wrong, f"{wrong[0]}, {len(wrong)} of {len(wanted)}"
    assert len(taken) >= len(EVENT_TYPES) * 3 // 4
