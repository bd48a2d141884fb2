"""That an answer on a subject left nothing out: the map of subjects and its proofs. Pure.

The map has 2^bits buckets; a subject stands in the one that the first ``bits`` bits of its
id name. What a bucket holds is its *body*, one record of 56 bytes a subject, by ascending id:

    id (16) || count (8, big-endian) || root (32)

count is the number of the subject's entries, root the RFC 6962 root over their leaf hashes,
in the order of the log. The leaf of a bucket is leaf_hash(body), an empty bucket's body is
empty, and the root of the map is the RFC 6962 root over exactly 2^bits leaves: an ordinary
inclusion proof of a body shows what the node held on every id that belongs there, and that
it held nothing on all other ids of the bucket.

For an earlier point of knowledge, ``Prefix`` proves inside the subject's own tree that the
entries known then are its first ones, and which entry came next; that the next one was not
known yet, the reader sees from its place in the log.

What no reader can see is a map that the node made up: the audit makes it anew. And leaf
hashes prove something only where the reader computed them from entries, or saw them proved
as leaves of the log: else an inner node could pass for a leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import ExitCode, LedgerError, Phrase, UnusableInput
from ledger.log import merkle
from ledger.log.merkle import HASH_BYTES, MAX_TREE_SIZE
from ledger.signing import base64text
from ledger.signing.canonical import canonical, parse_strict

ID_BYTES: Final = 16
COUNT_BYTES: Final = 8
RECORD_BYTES: Final = ID_BYTES + COUNT_BYTES + HASH_BYTES

MIN_BITS: Final = 4
"""A young node's map: 16 buckets cost nothing, and most ids share theirs with no one."""

MAX_BITS: Final = 32
"""Four thousand million subjects: three times those of the whole country. Ids are uniform in
their first 48 bits, the next four are UUIDv8's version."""

MAX_BUCKET_SUBJECTS: Final = 1024
"""What a reader accepts in one bucket, 56 KiB. Where buckets outnumber subjects a bucket of 20
is not to be expected by chance; more takes ids that were searched for."""

MAX_PATH: Final = MAX_TREE_SIZE.bit_length() + 1
"""Hashes in a proof inside a subject's tree: what a consistency proof can have at most."""

MAX_PROOF_BYTES: Final = 1 << 18
"""JSON of a proof: twice the largest body in base64 with the longest paths."""


class HeadsProofMalformed(UnusableInput):
    code = "heads_proof_malformed"
    en = "the proof of completeness cannot be read: {why}; ask its sender for the original"
    zh_cn = "完整性证明无法读取：{why}；请向发送方索取原始文件"
    zh_tw = "完整性證明無法讀取：{why}；請向發送方索取原始檔案"


class HeadsProofRefuted(LedgerError):
    """A readable proof that proves something else, or nothing: the answer is not complete."""

    code = "heads_proof_refuted"
    exit_code = ExitCode.CHECK_FAILED
    en = "the proof of completeness does not hold: {why}; keep it as evidence, rely on nothing"
    zh_cn = "完整性证明不成立：{why}；请留作证据，不得据以采信"
    zh_tw = "完整性證明不成立：{why}；請留作證據，不得據以採信"


_MEMBERS = Phrase("its members are not those expected", "成员不符合要求", "成員不符合要求")
_NUMBER = Phrase("a number is out of its range", "数字超出范围", "數字超出範圍")
_PATH = Phrase("it has too many or too few hashes", "哈希数量不符", "雜湊數量不符")
_TOO_LARGE = Phrase("the bucket is too large", "分桶过大", "分桶過大")
_RECORDS = Phrase("the bucket holds half a record", "分桶中的记录不完整", "分桶中的記錄不完整")
_ORDER = Phrase("the bucket's ids do not ascend", "分桶中的标识未按升序", "分桶中的識別碼未按升序")
_FOREIGN = Phrase("the bucket holds a foreign id", "分桶中含有他桶的标识", "分桶中含有他桶的識別碼")
_COUNT = Phrase("a count is out of its range", "条目数超出范围", "條目數超出範圍")

_OTHER_BUCKET = Phrase("it speaks of another bucket", "证明针对另一分桶", "證明針對另一分桶")
_OTHER_ROOT = Phrase(
    "it does not lead to the root of the map", "无法得出主体映射的根", "無法得出主體映射的根"
)
_MORE_ENTRIES = Phrase(
    "the node held fewer entries than shown",
    "所示条目多于节点所持",
    "所示條目多於節點所持",
)
_NOT_FIRST = Phrase(
    "the entries shown are not the subject's first ones",
    "所示条目并非该主体最早的条目",
    "所示條目並非該主體最早的條目",
)
_NOT_NEXT = Phrase(
    "the entry said to follow does not follow",
    "所称的后一条目并非后一条目",
    "所稱的後一條目並非後一條目",
)


def bucket_of(subject: bytes, bits: int) -> int:
    """The bucket of an id of 16 bytes: its first ``bits`` bits."""
    return int.from_bytes(subject[:4], "big") >> (32 - bits)


@dataclass(frozen=True, slots=True)
class Head:
    """All that a node held on one subject: how many entries, and the root over them."""

    count: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Membership:
    """A bucket with its place in the map; ``path`` from its sibling to the root's child."""

    bits: int
    bucket: int
    body: bytes
    path: tuple[bytes, ...]

    def to_value(self) -> dict[str, object]:
        """As a JSON object, to stand inside another document."""
        return {
            "bits": self.bits,
            "bucket": self.bucket,
            "body": base64text.encode(self.body),
            "path": [base64text.encode(one) for one in self.path],
        }

    def to_json(self) -> bytes:
        """Canonical JSON, no final newline."""
        return canonical(self.to_value())

    @classmethod
    def from_json(cls, data: bytes) -> Membership:
        """Raises ``HeadsProofMalformed``, an error of ``base64text`` or of ``parse_strict``."""
        return cls.from_value(parse_strict(data, max_bytes=MAX_PROOF_BYTES))

    @classmethod
    def from_value(cls, value: object) -> Membership:
        """From a parsed JSON value; errors as ``from_json``. Nothing is proved yet."""
        if not isinstance(value, dict) or value.keys() != {"bits", "bucket", "body", "path"}:
            raise HeadsProofMalformed(why=_MEMBERS)
        bits = _number(value["bits"], MIN_BITS, MAX_BITS)
        bucket = _number(value["bucket"], 0, (1 << bits) - 1)
        body = value["body"]
        if isinstance(body, str) and len(body) > 2 * MAX_BUCKET_SUBJECTS * RECORD_BYTES:
            raise HeadsProofMalformed(why=_TOO_LARGE)
        return cls(
            bits,
            bucket,
            base64text.decode(body, what="body"),
            _hashes(value["path"], "path", bits, bits),
        )


def verify_head(root: bytes, bits: int, subject: bytes, proof: Membership) -> Head | None:
    """What the map of ``root`` and ``bits`` says of an id; None is: nothing was held on it.

    ``root`` and ``bits`` come from the node's signed commitment. At most MAX_BUCKET_SUBJECTS
    records and ``bits`` hashes are looked at. Raises ``HeadsProofMalformed`` for what no node
    would have written, ``HeadsProofRefuted`` where the proof is of something else.
    """
    assert len(subject) == ID_BYTES
    if not MIN_BITS <= bits <= MAX_BITS:
        raise HeadsProofMalformed(why=_NUMBER)
    if (proof.bits, proof.bucket) != (bits, bucket_of(subject, bits)):
        raise HeadsProofRefuted(why=_OTHER_BUCKET)
    if len(proof.path) != bits or any(len(one) != HASH_BYTES for one in proof.path):
        raise HeadsProofMalformed(why=_PATH)
    found = _records(proof.body, bits, proof.bucket).get(subject)
    leaf = merkle.leaf_hash(proof.body)
    if not merkle.verify_inclusion(proof.bucket, 1 << bits, leaf, proof.path, root):
        raise HeadsProofRefuted(why=_OTHER_ROOT)
    return found


def _records(body: bytes, bits: int, bucket: int) -> dict[bytes, Head]:
    """The records of a body, held against all that must be true of one."""
    if len(body) > MAX_BUCKET_SUBJECTS * RECORD_BYTES:
        raise HeadsProofMalformed(why=_TOO_LARGE)
    if len(body) % RECORD_BYTES:
        raise HeadsProofMalformed(why=_RECORDS)
    records: dict[bytes, Head] = {}
    last = b""
    for at in range(0, len(body), RECORD_BYTES):
        subject, count = body[at : at + 16], int.from_bytes(body[at + 16 : at + 24], "big")
        if subject <= last:
            raise HeadsProofMalformed(why=_ORDER)
        if bucket_of(subject, bits) != bucket:
            raise HeadsProofMalformed(why=_FOREIGN)
        if not 1 <= count <= MAX_TREE_SIZE:
            raise HeadsProofMalformed(why=_COUNT)
        records[subject] = Head(count, body[at + 24 : at + RECORD_BYTES])
        last = subject
    return records


# -- an earlier point of knowledge -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prefix:
    """That some entries are the first ones of a subject, and which one came next.

    ``consistency`` leads from the tree of those entries to the tree of all; it is empty where
    they are all, or none. ``next_leaf`` is the leaf hash of the entry that follows them, with
    its inclusion proof ``next_path`` in the tree of all; None and empty where they are all.
    """

    consistency: tuple[bytes, ...]
    next_leaf: bytes | None
    next_path: tuple[bytes, ...]

    def to_value(self) -> dict[str, object]:
        """As a JSON object, to stand inside another document."""
        following = self.next_leaf and {
            "leaf": base64text.encode(self.next_leaf),
            "path": [base64text.encode(one) for one in self.next_path],
        }
        return {
            "consistency": [base64text.encode(one) for one in self.consistency],
            "next": following,
        }

    def to_json(self) -> bytes:
        """Canonical JSON, no final newline."""
        return canonical(self.to_value())

    @classmethod
    def from_json(cls, data: bytes) -> Prefix:
        """Raises ``HeadsProofMalformed``, an error of ``base64text`` or of ``parse_strict``."""
        return cls.from_value(parse_strict(data, max_bytes=MAX_PROOF_BYTES))

    @classmethod
    def from_value(cls, value: object) -> Prefix:
        """From a parsed JSON value; errors as ``from_json``. Nothing is proved yet."""
        if not isinstance(value, dict) or value.keys() != {"consistency", "next"}:
            raise HeadsProofMalformed(why=_MEMBERS)
        consistency = _hashes(value["consistency"], "consistency", 0, MAX_PATH)
        following = value["next"]
        if following is None:
            return cls(consistency, None, ())
        if not isinstance(following, dict) or following.keys() != {"leaf", "path"}:
            raise HeadsProofMalformed(why=_MEMBERS)
        leaf = base64text.decode(following["leaf"], what="leaf", size=HASH_BYTES)
        return cls(consistency, leaf, _hashes(following["path"], "path", 0, MAX_PATH))


def prove_prefix(leaf_hashes: Sequence[bytes], known: int) -> Prefix:
    """That the first ``known`` are the first of all ``leaf_hashes`` of a subject; O(all)."""
    total = len(leaf_hashes)
    assert 0 <= known <= total
    if known == total:
        return Prefix((), None, ())
    rows = merkle.HashRows(leaf_hashes)
    return Prefix(
        tuple(merkle.consistency_proof(known, total, rows)),
        leaf_hashes[known],
        tuple(merkle.inclusion_proof(known, total, rows)),
    )


def verify_prefix(head: Head | None, leaf_hashes: Sequence[bytes], proof: Prefix) -> bytes | None:
    """Hold the entries shown against all that was held, as ``verify_head`` found it.

    Returns the leaf hash of the subject's next entry, None where the entries shown are all.
    The reader goes on to see that entry proved in the log, at an index that was not known yet.
    Raises ``HeadsProofRefuted``.
    """
    known, total = len(leaf_hashes), head.count if head else 0
    if known > total:
        raise HeadsProofRefuted(why=_MORE_ENTRIES)
    if head is None or known == total:
        if (head and merkle.root_of(leaf_hashes) != head.root) or proof != Prefix((), None, ()):
            raise HeadsProofRefuted(why=_NOT_FIRST)
        return None
    if known == 0:
        consistent = not proof.consistency
    else:
        begun = merkle.root_of(leaf_hashes)
        consistent = merkle.verify_consistency(known, total, begun, head.root, proof.consistency)
    if not consistent:
        raise HeadsProofRefuted(why=_NOT_FIRST)
    leaf = proof.next_leaf
    if leaf is None or not merkle.verify_inclusion(known, total, leaf, proof.next_path, head.root):
        raise HeadsProofRefuted(why=_NOT_NEXT)
    return leaf


# -- reading -----------------------------------------------------------------------


def _number(value: object, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise HeadsProofMalformed(why=_NUMBER)
    return value


def _hashes(value: object, what: str, least: int, most: int) -> tuple[bytes, ...]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise HeadsProofMalformed(why=_PATH)
    return tuple(base64text.decode(one, what=what, size=HASH_BYTES) for one in value)
