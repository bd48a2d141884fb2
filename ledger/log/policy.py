"""Which logs and how many witnesses a reader asks for (c2sp.org/tlog-policy).

    # the partners of the region
    log <vkey> [<url>]
    witness X1 <vkey> [<url>]
    witness X2 <vkey>
    group partners any X1 X2
    quorum partners

Items stand apart by spaces and tabs; empty lines and lines that start with ``#`` count for
nothing. Groups and the quorum name only what earlier lines defined. ``quorum none`` asks
for no witness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ledger.errors import LedgerError
from ledger.log.lines import NO_FINAL_NEWLINE, NOT_UTF8, Line, MalformedLines, too_long
from ledger.log.policy_words import (
    DEFINED_TWICE,
    KEY_TWICE,
    MEMBER_TWICE,
    NO_QUORUM,
    NOT_A_LINE,
    NOT_A_THRESHOLD,
    NOT_DEFINED,
    NOT_PRINTABLE,
    QUORUM_TWICE,
    RESERVED,
    WRONG_KEY_TYPE,
    too_many,
)
from ledger.log.verifier_key import SignatureType, VerifierKey

NO_WITNESS: Final = "none"

MAX_POLICY_BYTES: Final = 1 << 18
MAX_DEFINITIONS: Final = 128
"""Of logs, of witnesses and of groups, each; at least 32 are to be supported."""

# Tab is allowed here, unlike in the other formats, and DEL is not.
_NOT_ALLOWED = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_BLANK = re.compile(r"[ \t]+")


class PolicyMalformed(MalformedLines):
    code = "policy_malformed"
    en = "the witness policy cannot be used: line {line}: {why}; correct the file"
    zh_cn = "见证策略无法使用：第 {line} 行：{why}；请更正该文件"
    zh_tw = "見證策略無法使用：第 {line} 行：{why}；請更正該檔案"


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log whose checkpoints are accepted; the key's name is its origin."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness. ``name`` means something inside the file only."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """Witnesses a checkpoint if at least ``threshold`` of its members do."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as ``parse`` made it: names resolve, groups stand after their members."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str | None
    """The name of a witness or group, or None for ``quorum none``."""

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        return tuple(log.key for log in self.logs)

    @property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        return tuple(witness.key for witness in self.witnesses)

    def satisfied_by(self, cosigners: Iterable[VerifierKey]) -> bool:
        """Whether the keys of verified cosignatures of one checkpoint make the quorum."""
        if self.quorum is None:
            return True
        keys = frozenset(cosigners)
        satisfied = {witness.name for witness in self.witnesses if witness.key in keys}
        for group in self.groups:  # members stand before their groups
            if sum(member in satisfied for member in group.members) >= group.threshold:
                satisfied.add(group.name)
        return self.quorum in satisfied

    def to_bytes(self) -> bytes:
        """The policy in its plainest spelling, without comments."""
        lines = [_joined("log", log.key.vkey, log.url) for log in self.logs]
        lines += [_joined("witness", one.name, one.key.vkey, one.url) for one in self.witnesses]
        lines += [
            _joined("group", group.name, str(group.threshold), *group.members)
            for group in self.groups
        ]
        lines.append(_joined("quorum", self.quorum or NO_WITNESS))
        return "".join(lines).encode("utf-8")

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """Read a policy file; UTF-8 throughout. Raises ``PolicyMalformed``."""
        reader = _Reader()
        for at, text in enumerate(_checked(data)[:-1].split("\n"), 1):
            items = _BLANK.split(text.strip(" \t"))
            if items[0] and not items[0].startswith("#"):
                reader.read(Line(text, at, PolicyMalformed), items)
        return reader.policy()


def _joined(*items: str | None) -> str:
    return " ".join(item for item in items if item is not None) + "\n"


def _checked(data: bytes) -> str:
    if len(data) > MAX_POLICY_BYTES:
        raise PolicyMalformed(line=0, why=too_long(MAX_POLICY_BYTES))
    if found := _NOT_ALLOWED.search(data):
        raise PolicyMalformed(line=data.count(b"\n", 0, found.start()) + 1, why=NOT_PRINTABLE)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyMalformed(line=line, why=NOT_UTF8) from error
    if not text.endswith("\n"):
        raise PolicyMalformed(line=text.count("\n") + 1, why=NO_FINAL_NEWLINE)
    return text


class _Reader:
    """Takes the lines in their order; every name must be defined before it is used."""

    def __init__(self) -> None:
        self.logs: list[PolicyLog] = []
        self.witnesses: list[PolicyWitness] = []
        self.groups: list[PolicyGroup] = []
        self.quorum: str | None = None  # also ``none``, as the file says it
        self.names: set[str] = set()
        self.members: set[str] = set()
        self.keys: dict[SignatureType, set[bytes]] = {kind: set() for kind in SignatureType}

    def read(self, line: Line, items: list[str]) -> None:
        match items:
            case ["log", vkey, *url] if len(url) <= 1:
                self._room(line, self.logs)
                key = self._key(line, vkey, SignatureType.ED25519)
                self.logs.append(PolicyLog(key, *url))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._room(line, self.witnesses)
                key = self._key(line, vkey, SignatureType.COSIGNATURE)
                self.witnesses.append(PolicyWitness(self._new_name(line, name), key, *url))
            case ["group", name, threshold, *members] if members:
                self._room(line, self.groups)
                self.groups.append(self._group(line, name, threshold, members))
            case ["quorum", name]:
                if self.quorum is not None:
                    raise line.wrong(QUORUM_TWICE)
                if name != NO_WITNESS:
                    self._defined(line, name)
                self.quorum = name
            case _:
                raise line.wrong(NOT_A_LINE)

    def policy(self) -> Policy:
        if self.quorum is None:
            raise PolicyMalformed(line=0, why=NO_QUORUM)
        quorum = None if self.quorum == NO_WITNESS else self.quorum
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), quorum)

    def _group(self, line: Line, name: str, threshold: str, members: list[str]) -> PolicyGroup:
        for member in members:
            self._defined(line, member)
            if member in self.members:
                raise line.wrong(MEMBER_TWICE)
            self.members.add(member)
        if threshold in {"any", "all"}:
            least = 1 if threshold == "any" else len(members)
        else:
            least = Line(threshold, line.at, line.format).number()
        if not 1 <= least <= len(members):
            raise line.wrong(NOT_A_THRESHOLD)
        return PolicyGroup(self._new_name(line, name), least, tuple(members))

    def _key(self, line: Line, vkey: str, kind: SignatureType) -> VerifierKey:
        try:
            key = VerifierKey.from_vkey(vkey)
        except LedgerError as error:
            raise line.wrong(error) from error
        if key.kind is not kind:
            raise line.wrong(WRONG_KEY_TYPE)
        # One key under two names would be counted for two.
        if key.public in self.keys[kind]:
            raise line.wrong(KEY_TWICE)
        self.keys[kind].add(key.public)
        return key

    def _new_name(self, line: Line, name: str) -> str:
        if name == NO_WITNESS:
            raise line.wrong(RESERVED)
        if name in self.names:
            raise line.wrong(DEFINED_TWICE)
        self.names.add(name)
        return name

    def _defined(self, line: Line, name: str) -> None:
        if name not in self.names:
            raise line.wrong(NOT_DEFINED)

    def _room(self, line: Line, made: list[PolicyLog] | list[PolicyWitness] | list[PolicyGroup]
              ) -> None:  # fmt: skip
        if len(made) >= MAX_DEFINITIONS:
            raise line.wrong(too_many(MAX_DEFINITIONS))
