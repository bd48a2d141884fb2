"""``@LABEL`` in place of an id, as ``apply --labels`` keeps it."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.apply import read_labels
from ledger.errors import UnusableInput


class LabelUnknown(UnusableInput):
    code = "label_unknown"
    en = "{path} has no label {label}; it is made by `apply --labels`"
    zh_cn = "{path} 中没有标签 {label}；标签由 `apply --labels` 生成"
    zh_tw = "{path} 中沒有標籤 {label}；標籤由 `apply --labels` 產生"


def named(given: str, labels: Path | None) -> str:
    """The id that ``given`` names. Raises ``LabelUnknown``, or as the file's reader raises."""
    if not given.startswith("@"):
        return given
    if labels is None:
        raise click.UsageError(f"{given} is a label: name its file with --labels")
    found = read_labels(labels).get(given[1:])
    if found is None:
        raise LabelUnknown(path=labels, label=given)
    return found
