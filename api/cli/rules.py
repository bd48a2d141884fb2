"""``rules show``, ``rules check`` and ``rules adopt``."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
import orjson

from api.cli.common import (
    DAY,
    FILE,
    FOLDER,
    STAFF,
    add_row,
    console,
    opened,
    print_json,
    table,
    tell,
    with_at,
    with_home,
    with_json,
)
from ledger.bootstrap import FOUNDER
from ledger.clock import legal_day
from ledger.errors import ExitCode, UnusableInput
from ledger.rules import RulePack, check_pack, has_errors, load, load_default
from ledger.rules.model import SECTIONS
from ledger.rules.reading import MAX_PACK_BYTES

HOME_OPTION = click.option("--home", type=FOLDER, help="The pack in force there; else the default.")


class PackUnreadable(UnusableInput):
    code = "pack_unreadable"
    en = "the rule pack {path} cannot be read: {reason}"
    zh_cn = "无法读取规则包 {path}：{reason}"
    zh_tw = "無法讀取規則包 {path}：{reason}"


class PackUnsound(UnusableInput):
    code = "pack_unsound"
    en = "the rule pack {path} has errors ({count}); see `credit-ledger rules check`"
    zh_cn = "规则包 {path} 存在 {count} 处错误；请运行 `credit-ledger rules check`"
    zh_tw = "規則包 {path} 存在 {count} 處錯誤；請執行 `credit-ledger rules check`"


@click.group()
def rules() -> None:
    """Dated rule packs: directory, measures, periods, deadlines, calendar."""


@rules.command("show")
@HOME_OPTION
@click.option(
    "--passphrase-file",
    type=FILE,
    envvar="CREDIT_LEDGER_PASSPHRASE_FILE",
    help="Read the passphrase from this file.",
)
@click.option("--passphrase-fd", type=int, help="Read the passphrase from this open descriptor.")
@click.option("--section", type=click.Choice(SECTIONS), help="Only this section.")
@click.option("--on", "day", type=DAY, help="Only rules in force on this day.")
@with_json
def show(
    home: Path | None,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    section: str | None,
    day: date | None,
    as_json: bool,
) -> None:
    """Show the rules of a pack, with their sources and dates."""
    if home is None:
        pack = load_default()
    else:
        with opened(home, passphrase_file, passphrase_fd) as node:
            node.registry()
            pack = node.rules(day or legal_day(node.now()))
    if as_json:
        document = orjson.loads(pack.to_json())
        print_json(document if section is None else {section: document[section]})
        return
    tell("pack", id=pack.id, version=pack.version, day=pack.in_force_from, digest=pack.digest)
    for name in SECTIONS if section is None else (section,):
        _show_section(pack, name, day)


def _show_section(pack: RulePack, name: str, day: date | None) -> None:
    made = table("facts", "facts", "in_force", "source", "verified")
    made.title = name
    for rule in getattr(pack.data, name):
        if day is not None and not (
            rule.in_force_from <= day and (rule.in_force_until is None or day < rule.in_force_until)
        ):
            continue
        own = rule.model_dump(
            mode="json",
            exclude_none=True,
            exclude={"in_force_from", "in_force_until", "source", "verified", "note"},
        )
        add_row(
            made,
            ", ".join(f"{key}={_short(value)}" for key, value in own.items()),
            f"{rule.in_force_from} – {rule.in_force_until or ''}",
            f"{rule.source.instrument} {rule.source.article or ''} ({rule.source.kind})",
            "✓" if rule.verified else "–",
        )
    console().print(made)


def _short(value: object) -> str:
    if isinstance(value, list):
        return "/".join(_short(member) for member in value)
    if isinstance(value, dict):
        return "/".join(f"{key}:{_short(member)}" for key, member in value.items())
    return str(value)


@rules.command("check")
@click.argument("file", type=FILE, required=False)
@click.option("--all", "show_all", is_flag=True, help="List the notices, too.")
@with_json
def check(file: Path | None, show_all: bool, as_json: bool) -> int:
    """Check a rule pack (without FILE the default one); exit 1 when it has errors."""
    findings = check_pack(load_default().to_json() if file is None else _read(file))
    if as_json:
        print_json(
            {
                "ok": not has_errors(findings),
                "findings": [
                    {"severity": f.severity, "kind": f.kind, "where": f.where, "detail": f.detail}
                    for f in findings
                ],
            }
        )
    else:
        shown = [f for f in findings if show_all or f.severity != "notice"]
        if shown:
            made = table("findings", "state", "kind", "what", "detail")
            for f in shown:
                add_row(made, f.severity, f.kind, f.where, f.detail)
            console().print(made)
        if len(shown) < len(findings):
            tell("notices", count=len(findings) - len(shown))
        if not has_errors(findings):
            tell("pack_ok")
    return ExitCode.CHECK_FAILED if has_errors(findings) else ExitCode.DONE


@rules.command("adopt")
@click.argument("file", type=FILE)
@with_home
@click.option("--from", "from_", type=DAY, help="In force from; else as the pack says.")
@click.option("--operator", type=STAFF, default=FOUNDER, help="Staff id of whoever adopts it.")
@with_at
def adopt(
    file: Path,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    from_: date | None,
    operator: str,
    at: datetime | None,
) -> None:
    """Adopt a rule pack by an entry; what was known before stays as it was known."""
    data = _read(file)
    findings = check_pack(data)
    if has_errors(findings):
        count = sum(f.severity == "error" for f in findings)
        raise PackUnsound(path=file, count=count)
    pack = load(data)
    with opened(home, passphrase_file, passphrase_fd) as node:
        day = from_ or pack.in_force_from
        node.adopt(pack, day, operator, at)
    tell("adopted")
    tell("pack", id=pack.id, version=pack.version, day=day, digest=pack.digest)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PACK_BYTES + 1)
    except OSError as error:
        raise PackUnreadable(path=path, reason=error.strerror) from error
    if len(data) > MAX_PACK_BYTES:
        raise PackUnreadable(path=path, reason=f"longer than {MAX_PACK_BYTES} bytes")
    return data
