"""Inclusion proofs as files (c2sp.org/tlog-proof, suffix ``.tlog-proof``).

    c2sp.org/tlog-proof@v1
    extra YWdlLXYxLjIuMQ==
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
    ...

    example.com/fancylog
    109482
    sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

    — example.com/fancylog hI2DJw...

An optional line of extra data (in no way authenticated), the index of the entry, the hashes
from the leaf's sibling to the root's child (RFC 6962 section 2.1.1), an empty line, the
checkpoint verbatim. Only reading and writing: what a proof proves, the Merkle maths say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.errors import Phrase
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.lines import (
    MAX_HASHES,
    MAX_NUMBER,
    NOT_A_NUMBER,
    MalformedLines,
    require_hashes,
    split_head,
    too_long,
)
from ledger.log.note import MAX_NOTE_BYTES
from ledger.signing import base64text

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"

MAX_EXTRA_BYTES: Final = 1 << 16
"""As large as an entry: enough to carry one, and nothing else needs more."""

MAX_HEAD_BYTES: Final = 4 * (MAX_EXTRA_BYTES // 3 + 1) + (MAX_HASHES + 3) * 64
MAX_PROOF_FILE_BYTES: Final = MAX_HEAD_BYTES + MAX_NOTE_BYTES
"""No reader need take more of a file than this, and one byte to see that it is longer."""

_FIRST = Phrase(
    "the first line must be {first}",
    "首行必须是 {first}",
    "首行必須是 {first}",
    {"first": FIRST_LINE},
)
_NO_INDEX = Phrase("the line with the index is missing", "缺少索引行", "缺少索引行")
_EMPTY_EXTRA = Phrase(
    "extra data that is empty is left out, with its line",
    "附加数据为空时，应连同该行一并省略",
    "附加資料為空時，應連同該行一併省略",
)


class ProofFileMalformed(MalformedLines):
    code = "proof_file_malformed"
    en = "not a .tlog-proof file: line {line}: {why}; ask for the proof again"
    zh_cn = "不是 .tlog-proof 文件：第 {line} 行：{why}；请重新索取证明"
    zh_tw = "不是 .tlog-proof 檔案：第 {line} 行：{why}；請重新索取證明"


@dataclass(frozen=True, slots=True)
class ProofFile:
    """The content of a proof file; neither its checkpoint nor its hashes are verified.

    Raises ``ProofFileMalformed`` when made of what no file could hold.
    """

    index: int
    """Of the entry, from 0."""
    hashes: tuple[bytes, ...]
    """32 bytes each, from the leaf's sibling upwards."""
    checkpoint: SignedCheckpoint
    extra: bytes | None = None
    """Never to be trusted: nothing signs it."""

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_NUMBER:
            raise ProofFileMalformed(line=0, why=NOT_A_NUMBER)
        require_hashes(self.hashes, ProofFileMalformed)
        if self.extra is not None:
            if not self.extra:
                raise ProofFileMalformed(line=2, why=_EMPTY_EXTRA)
            if len(self.extra) > MAX_EXTRA_BYTES:
                raise ProofFileMalformed(line=2, why=too_long(MAX_EXTRA_BYTES))

    def to_bytes(self) -> bytes:
        lines = [FIRST_LINE]
        if self.extra is not None:
            lines.append(f"extra {base64text.encode(self.extra)}")
        lines += [f"index {self.index}", *map(base64text.encode, self.hashes), "", ""]
        return "\n".join(lines).encode("ascii") + self.checkpoint.to_bytes()

    @classmethod
    def parse(cls, data: bytes) -> ProofFile:
        """Read a file; ``to_bytes`` gives the same bytes back.

        Raises ``ProofFileMalformed``, ``NoteMalformed`` or ``CheckpointMalformed``.
        """
        (first, *lines), rest = split_head(
            data,
            ProofFileMalformed,
            max_head=MAX_HEAD_BYTES,
            max_rest=MAX_NOTE_BYTES,
        )
        if first.text != FIRST_LINE:
            raise first.wrong(_FIRST)
        extra = None
        if lines and lines[0].text.startswith("extra "):
            extra = lines.pop(0).after("extra ").base64()
        if not lines:
            raise ProofFileMalformed(line=2, why=_NO_INDEX)
        index = lines.pop(0).after("index ").number()
        hashes = tuple(line.hash() for line in lines)
        return cls(index, hashes, SignedCheckpoint.parse(rest), extra)
