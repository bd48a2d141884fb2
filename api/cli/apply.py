"""``apply``: run the commands of a file, line by line, each in its own transaction."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import orjson

from api.cli.common import (
    FILE,
    add_row,
    console,
    language,
    opened,
    print_json,
    table,
    tell,
    with_home,
    with_json,
)
from ledger.commands.lines import LABEL, MAX_LINE_BYTES, parse_line
from ledger.errors import ExitCode, LedgerError, UnusableInput
from ledger.high_water import HighWaterMissing
from ledger.log.keeper import StoreBehind, StoreContradictsMark
from ledger.log.tree import TreeDamaged
from ledger.node import Node
from ledger.signing.canonical import parse_strict
from ledger.signing.data_keys import DataKeysBusy, DataKeysUnusable
from ledger.storage.errors import (
    NotStored,
    SignerFailed,
    StoreBusy,
    StoreDamaged,
    StoreUnavailable,
    UnknownOutcome,
)

MAX_LABELS_BYTES = 64 << 20
"""Half a million labels."""

ABORTING = (
    StoreBusy,
    StoreDamaged,
    StoreUnavailable,
    UnknownOutcome,
    NotStored,
    SignerFailed,
    DataKeysBusy,
    DataKeysUnusable,
    HighWaterMissing,
    StoreBehind,
    StoreContradictsMark,
    TreeDamaged,
)
"""Not the line's fault: nothing after it could be carried out either."""


class CommandsUnreadable(UnusableInput):
    code = "commands_unreadable"
    en = "the commands file {path} cannot be read: {reason}"
    zh_cn = "无法读取命令文件 {path}：{reason}"
    zh_tw = "無法讀取命令檔 {path}：{reason}"


class LabelsUnusable(UnusableInput):
    code = "labels_unusable"
    en = "the labels file {path} cannot be used: {reason}"
    zh_cn = "标签文件 {path} 无法使用：{reason}"
    zh_tw = "標籤檔 {path} 無法使用：{reason}"


@dataclass(frozen=True, slots=True)
class RefusedLine:
    line: int
    error: str
    message: str


@dataclass(slots=True)
class Applied:
    labels: dict[str, str]
    count: int = 0
    refused: list[RefusedLine] = field(default_factory=list)


@click.command()
@click.argument("file", type=FILE)
@with_home
@click.option("--labels", "labels_file", type=FILE, help="Carries labels from call to call.")
@click.option("--keep-going", is_flag=True, help="Do not stop at the first refused line.")
@with_json
def apply(
    file: Path,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    labels_file: Path | None,
    keep_going: bool,
    as_json: bool,
) -> int:
    """Run any command of the vocabulary: one JSON object a line."""
    lines = _lines(file)
    first = next(lines, None)
    labels = {} if labels_file is None else read_labels(labels_file)
    outcome = Applied(labels)
    with opened(home, passphrase_file, passphrase_fd) as node:
        if labels_file is not None:  # an id that cannot be kept would be lost with its line
            write_labels(labels_file, labels)
        try:
            while first is not None:
                number, data = first
                refusal = _one(node, data, outcome, labels_file)
                if refusal is not None:
                    told = RefusedLine(number, refusal.code, refusal.message(language()))
                    outcome.refused.append(told)
                    if not keep_going:
                        break
                first = next(lines, None)
        finally:  # also where the store gave up: what was carried out is told
            _report(outcome, as_json=as_json)
    return ExitCode.REFUSED if outcome.refused else ExitCode.DONE


def _one(
    node: Node, data: bytes | None, outcome: Applied, labels_file: Path | None
) -> LedgerError | None:
    """Carry out one line; its refusal, if it was refused."""
    try:
        line = parse_line(data or b"", outcome.labels)
        done = node.execute(line.order)
    except ABORTING:
        raise
    except LedgerError as refusal:
        return refusal
    outcome.count += 1
    if line.label is not None and done.created is not None:
        outcome.labels[line.label] = done.created
        if labels_file is not None:
            write_labels(labels_file, outcome.labels)
    return None


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Line numbers (from 1) and lines, blank ones left out, in bounded memory.

    Of a line that is too long only so much is read that the parser refuses it.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while data := file.readline(MAX_LINE_BYTES + 2):
                number += 1
                kept = data
                while not data.endswith(b"\n") and (data := file.readline(1 << 20)):
                    pass
                if number == 1:
                    kept = kept.removeprefix(BOM_UTF8)
                if kept.strip():
                    yield number, kept.rstrip(b"\r\n")
    except OSError as error:
        raise CommandsUnreadable(path=path, reason=error.strerror) from error


def read_labels(path: Path) -> dict[str, str]:
    try:
        if path.exists() and not path.is_file():  # it will be replaced
            raise LabelsUnusable(path=path, reason="not a regular file")
        with path.open("rb") as file:
            data = file.read(MAX_LABELS_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise LabelsUnusable(path=path, reason=error.strerror) from error
    if not data.strip():
        return {}
    try:
        labels = parse_strict(data, max_bytes=MAX_LABELS_BYTES)
    except UnusableInput as error:
        raise LabelsUnusable(path=path, reason=error.message()) from error
    if not isinstance(labels, dict):
        raise LabelsUnusable(path=path, reason="it is not a JSON object of labels")
    for label, value in labels.items():
        if not LABEL.fullmatch(label) or not isinstance(value, str):
            raise LabelsUnusable(path=path, reason=f"{label!r} is not a label with an id")
    return {label: value for label, value in labels.items() if isinstance(value, str)}


def write_labels(path: Path, labels: dict[str, str]) -> None:
    """Whole or not at all, after each line that named something."""
    temporary = path.with_name(path.name + ".new")
    try:
        temporary.write_bytes(orjson.dumps(labels, option=orjson.OPT_INDENT_2) + b"\n")
        temporary.replace(path)
    except OSError as error:
        raise LabelsUnusable(path=path, reason=error.strerror) from error


def _report(outcome: Applied, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "applied": outcome.count,
                "labels": outcome.labels,
                "refused": [
                    {"line": each.line, "error": each.error, "message": each.message}
                    for each in outcome.refused
                ],
            }
        )
        return
    tell("applied", count=outcome.count)
    if outcome.refused:
        made = table("refused", "line", "reason", "message")
        for each in outcome.refused:
            add_row(made, str(each.line), each.error, each.message)
        console().print(made)
