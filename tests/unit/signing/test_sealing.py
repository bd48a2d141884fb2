"""Sealed details: single cases. What holds for every value is in the property tests."""

from __future__ import annotations

import json
from hashlib import blake2b, sha256
from typing import Any

import pytest
from nacl.secret import SecretBox

from ledger.entry import Secret
from ledger.signing import boxes
from ledger.signing import sealing as s
from ledger.signing.boxes import DetailsDamaged
from ledger.signing.canonical import JSON, MAX_DEPTH, JsonTooDeep, canonical
from ledger.signing.sealing import Erased, Opened, Withheld, open_details, seal

KEYS = {"record:a": (1, b"a" * 32), "person:b": (2, b"b" * 32)}
CONTEXT = "subject/0:1"
SECRETS = (
    Secret("name", "张三", ("record:a",)),
    Secret("grounds", ["x", {"y": 1}], ("record:a", "person:b")),
    Secret("row", {"XDR_MC": "张三"}, ("record:a",), committed=False, salt=bytes(32)),
)


class Counting:
    """Bytes that differ at every place, and how they were asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, size: int) -> bytes:
        self.asked.append(size)
        return b"".join(sha256(bytes([n])).digest() for n in range(size // 32 + 1))[:size]


def lookup(key_id: int) -> bytes | None:
    return dict(KEYS.values())[key_id]


def sealed() -> tuple[dict[str, str], bytes]:
    done = seal(SECRETS, KEYS, context=CONTEXT, entropy=Counting())
    assert done.details is not None
    return dict(done.commitments), done.details


def test_a_commitment_is_made_of_domain_salt_and_canonical_pair() -> None:
    """The bytes are those of the design, written out here by hand."""
    salt = bytes(range(32))
    by_hand = sha256(b"credit-ledger/sealed/v1" + salt + '["name","张三"]'.encode()).hexdigest()
    assert s.commitment("name", "张三", salt) == by_hand
    assert s.check_commitment("name", "张三", salt, by_hand)
    assert not s.check_commitment("name", "张四", salt, by_hand)
    assert not s.check_commitment("alias", "张三", salt, by_hand)
    assert not s.check_commitment("name", "张三", bytes(32), by_hand)
    assert not s.check_commitment("name", "张三", salt[:-1], by_hand)
    assert not s.check_commitment("name", "张三", salt, "厦")


def test_a_field_takes_so_many_keys_and_no_more() -> None:
    """A field under the most keys opens again; one more is told, not written."""
    many = {f"person:{n}": (n, bytes([n]) * 32) for n in range(1, boxes.MAX_KEYS + 2)}
    most = Secret("parties", ["示例"], tuple(many)[: boxes.MAX_KEYS])
    done = seal((most,), many, context=CONTEXT, entropy=Counting())
    assert done.details is not None
    opened = open_details(done.details, dict(many.values()).get, context=CONTEXT)
    assert isinstance(opened["parties"], Opened)
    with pytest.raises(s.TooManyKeys):
        seal((Secret("parties", "x", tuple(many)),), many, context=CONTEXT, entropy=Counting())


def test_sealed_fields_open_to_their_values_and_salts() -> None:
    """Every field comes back; what is committed fits its commitment, the row has none."""
    commitments, details = sealed()
    opened = open_details(details, lookup, context=CONTEXT)
    assert set(commitments) == {"name", "grounds"}
    for secret in SECRETS:
        detail = opened[secret.field]
        assert isinstance(detail, Opened)
        assert detail.value == secret.value
        if secret.committed:
            name = secret.field
            assert s.check_commitment(name, detail.value, detail.salt, commitments[name])
    row = opened["row"]
    assert isinstance(row, Opened)
    assert row.salt == bytes(32)


def test_no_salt_and_no_value_can_be_read_without_a_key() -> None:
    """Salts and values are inside the boxes alone, and chance is drawn once for all."""
    chance = Counting()
    done = seal(SECRETS, KEYS, context=CONTEXT, entropy=chance)
    assert chance.asked == [2 * 32 + 2 * 24]
    assert done.details is not None
    salts = [chance(64)[32:], chance(64)[:32]]
    opened = open_details(done.details, lookup, context=CONTEXT)
    assert [d.salt for d in (opened["name"], opened["grounds"]) if isinstance(d, Opened)] == salts
    for hidden in [*salts, "张三".encode(), bytes(32), b"XDR_MC"]:
        assert hidden not in done.details


@pytest.mark.parametrize(("gone", "left"), [(1, set()), (2, {"name", "row"})])
def test_destroying_any_key_of_a_field_erases_it(gone: int, left: set[str]) -> None:
    """A field under two keys needs both; others stay readable."""
    _, details = sealed()
    opened = open_details(details, lambda n: None if n == gone else lookup(n), context=CONTEXT)
    assert {name for name, one in opened.items() if isinstance(one, Opened)} == left
    assert all(one == Erased(gone) for name, one in opened.items() if name not in left)


def test_a_field_that_is_not_asked_for_stays_locked() -> None:
    """For a withheld field not even the key is fetched."""
    _, details = sealed()

    def only_first(key_id: int) -> bytes | None:
        assert key_id == 1
        return lookup(key_id)

    opened = open_details(details, only_first, context=CONTEXT, fields={"name"})
    assert opened["grounds"] == opened["row"] == Withheld()
    assert isinstance(opened["name"], Opened)


def test_a_box_holds_all_fields_of_the_same_keys() -> None:
    """The form that other implementations read, written out here by hand."""
    _, details = sealed()
    line, _, rest = details.partition(b"\n")
    sizes = [one["size"] for one in json.loads(line)["boxes"]]
    assert json.loads(line) == {
        "v": 1,
        "boxes": [
            {"fields": ["grounds"], "keys": [1, 2], "size": sizes[0]},
            {"fields": ["name", "row"], "keys": [1], "size": sizes[1]},
        ],
    }
    box = rest[sizes[0] :]
    what = b'["subject/0:1",["name","row"],[1]]'
    key = blake2b(what + b"a" * 32, digest_size=32, person=b"sealed-box/v1").digest()
    plain = SecretBox(key).decrypt(box)
    assert plain[32:] == bytes(32) + '["张三",{"XDR_MC":"张三"}]'.encode()


def test_a_box_opens_in_its_entry_and_place_alone() -> None:
    """Details of another entry, boxes and fields exchanged, are damage."""
    _, details = sealed()
    with pytest.raises(DetailsDamaged, match="does not open"):
        open_details(details, lookup, context="subject/0:2")
    line, _, rest = details.partition(b"\n")
    first, second = json.loads(line)["boxes"]
    cut = first["size"]
    for told, behind in (
        ([second, first], rest),
        ([first | {"fields": ["alias"]}, second], rest),
        ([first, second | {"fields": ["row", "name"]}], rest),
        ([first | {"keys": [2, 1]}, second], rest),
        ([first | {"size": second["size"]}, second | {"size": cut}], rest[cut:] + rest[:cut]),
    ):
        changed = canonical({"v": 1, "boxes": told}) + b"\n" + behind
        with pytest.raises(DetailsDamaged, match="does not open"):
            open_details(changed, lookup, context=CONTEXT)


def test_every_change_of_a_byte_is_damage() -> None:
    """No byte of the details can be changed unnoticed while the keys exist."""
    _, details = sealed()
    for at in range(len(details)):
        changed = details[:at] + bytes([details[at] ^ 1]) + details[at + 1 :]
        with pytest.raises((DetailsDamaged, KeyError)):
            open_details(changed, lookup, context=CONTEXT)


def altered(behind: bytes = b"", **box: Any) -> bytes:
    """Something else is said of the last box, or follows it."""
    line, _, rest = sealed()[1].partition(b"\n")
    document = json.loads(line)
    document["boxes"][-1] |= box
    return canonical(document) + b"\n" + rest + behind


def listed(*told: object) -> bytes:
    return canonical({"v": 1, "boxes": told}) + b"\n"


@pytest.mark.parametrize(
    "details",
    [
        b"",
        b"[]",
        b'{"boxes":[],"v":1}\n',
        b'{"boxes":[],"v":2}\n',
        b'{"boxes":[],"v":true}\n',
        b'{"boxes":{},"v":1}\n',
        b'{"boxes":[{}],"v":1}\n',
        b'{"boxes":[], "v":1}\n',
        sealed()[1].replace(b"\n", b"", 1),
        altered(fields=[]),
        altered(fields="name"),
        altered(fields=["name", 1]),
        altered(fields=["name"]),
        altered(fields=["name", "name"]),
        altered(fields=["grounds", "row"]),
        altered(keys=[]),
        altered(keys=[1] * (boxes.MAX_KEYS + 1)),
        altered(keys=["1"]),
        altered(keys=[True]),
        altered(keys=[2]),
        altered(keys=[1, 1]),
        altered(size="1"),
        altered(size=True),
        altered(size=-1),
        altered(size=boxes.NONCE_BYTES),
        altered(behind=b"x"),
        altered(extra=1),
        listed({"fields": ["a"], "keys": [1], "size": 0}),
        listed({"fields": ["a"], "keys": [1], "size": 24}) + bytes(24),
        listed({"fields": ["a"], "keys": [1], "size": 39}) + bytes(39),
        listed({"fields": [str(n) for n in range(boxes.MAX_FIELDS + 1)], "keys": [1], "size": 39})
        + bytes(39),
        b" " * (boxes.MAX_DETAILS_BYTES + 1),
        "text",
    ],
)
def test_details_that_we_would_not_write_are_damage(details: bytes) -> None:
    """Any other form is one typed error, and never taken for an erasure."""
    with pytest.raises(DetailsDamaged):
        open_details(details, lookup, context=CONTEXT)


def test_a_text_too_long_for_an_entry_is_refused() -> None:
    """Beyond the limit the text belongs into an attachment, and the error says so."""
    long = Secret("narrative", "x" * boxes.MAX_DETAILS_BYTES, ("record:a",))
    with pytest.raises(s.DetailsTooLong):
        seal([long], KEYS, context=CONTEXT, entropy=Counting())


def test_nothing_to_seal_gives_no_details() -> None:
    """Without secrets there are neither commitments nor details."""
    assert seal([], {}, context=CONTEXT, entropy=Counting()) == s.Sealed({}, None)
    assert s.key_ids(sealed()[1], context=CONTEXT) == {"grounds": [1, 2], "name": [1], "row": [1]}


def test_a_representation_shows_no_personal_data() -> None:
    """What was opened does not show itself in a log."""
    assert "张三" not in repr(open_details(sealed()[1], lookup, context=CONTEXT))


def test_a_value_as_deep_as_the_limit_allows_opens_again() -> None:
    """What is sealed can be read back: the arrays around a value count as levels, too."""

    def nested(depth: int) -> JSON:
        return 1 if depth == 0 else [nested(depth - 1)]

    for committed in (True, False):
        deepest = Secret("a", nested(MAX_DEPTH - 1), ("record:a",), committed=committed)
        done = seal([deepest], KEYS, context=CONTEXT, entropy=Counting())
        assert done.details is not None
        opened = open_details(done.details, lookup, context=CONTEXT)["a"]
        assert isinstance(opened, Opened)
        assert opened.value == deepest.value
        deeper = Secret("a", nested(MAX_DEPTH), ("record:a",), committed=committed)
        with pytest.raises(JsonTooDeep):
            seal([deeper], KEYS, context=CONTEXT, entropy=Counting())
