"""The house rules about committed files and about errors; ``test_house_rules.py`` applies them."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from ledger.errors import LedgerError
from tests.unit.house_code import PACKAGES, ROOT, Finding, Module

# -- committed files -----------------------------------------------------------

NOT_COMMITTED = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache",
                 ".hypothesis", "build", "dist"}  # fmt: skip
MAX_TEXT_BYTES = 2_000_000
"""Larger files are data that the project makes itself."""

# A path of one machine: a home, or a folder that only the machine of writing had.
MACHINE_PATH = re.compile(
    r"(?<![\w.:/$}*-])/(?:root|home/[\w-]+|Users/[\w-]+|work|tmp|mnt|media|opt/(?:wheels|pypi))(?:/|\b)"
    r"|\b[A-Z]:\\+Users\b"
)
DOWNLOAD = re.compile(
    r"pythonhosted\.org|pypi\.org/(?:simple|packages)|registry\.npmjs\.org|registry\.yarnpkg"
    r"|static\.crates\.io|\"resolved\"\s*:"
)
INDEX_OPTION = re.compile(
    r"^\s*(?:--(?:extra-)?index-url|-i|--find-links|-f|--trusted-host)\b", re.MULTILINE
)
LOCK_FILE = re.compile(
    r"(?:^|/)(?:[\w.-]+\.lock|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml)$"
)


def committed_files(root: Path = ROOT) -> dict[str, str]:
    """Path and text of each file that is, or with the next ``git add`` would be, committed.

    Outside a repository (an unpacked archive): every file but what tools leave behind.
    """
    found = {}
    for name in _listed(root):
        path = root / name
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_TEXT_BYTES:
            try:
                found[name] = path.read_text("utf-8")
            except UnicodeDecodeError:
                found[name] = ""  # not text; its name still counts
    return found


def _listed(root: Path) -> list[str]:
    if (root / ".git").exists():
        # safe.directory: the project may belong to another user than the one who tests.
        command = ["git", "-c", "safe.directory=*", "ls-files", "-coz", "--exclude-standard"]
        listing = subprocess.run(command, cwd=root, capture_output=True, check=False)
        if listing.returncode == 0:
            return sorted(name for name in listing.stdout.decode().split("\0") if name)
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and not NOT_COMMITTED & set(path.relative_to(root).parts)
    )


def machine_traces(files: Mapping[str, str]) -> list[Finding]:
    """Paths of a machine, download addresses, lock files that record them."""
    findings = []
    for path, text in files.items():
        if LOCK_FILE.search(path):
            findings.append(
                Finding(path, 1, "lock file", "requirements/*.txt pin without addresses")
            )
        patterns = [(MACHINE_PATH, "a path of one machine"), (DOWNLOAD, "a download address")]
        if path.startswith("requirements"):
            patterns.append((INDEX_OPTION, "an index option"))
        for pattern, why in patterns:
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                findings.append(Finding(path, line, match.group().strip(), why))
    return findings


# -- requirements --------------------------------------------------------------


def normalised(requirement: str) -> str:
    """``PyNaCl >=1.5 # why`` and ``pynacl>=1.5`` are the same wish."""
    return re.sub(r"\s+", "", requirement.partition("#")[0]).lower().replace("_", "-")


def listed_in(text: str) -> set[str]:
    """The requirements of an ``.in`` file, options left out."""
    wishes = {normalised(line) for line in text.splitlines()}
    return {wish for wish in wishes if wish and not wish.startswith("-")}


def without_hash(text: str) -> list[str]:
    """Requirements of a compiled file that are not pinned exactly, or bear no hash."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [
        line
        for line in joined.splitlines()
        if line.strip()
        and not line.startswith("#")
        and not re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}\b", line)
    ]


# -- errors --------------------------------------------------------------------

TEXTS = ("en", "zh_cn", "zh_tw")


def import_everything() -> None:
    """Import every module of the three packages, so that every error class exists."""
    for package in map(importlib.import_module, PACKAGES):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def error_classes() -> list[type[LedgerError]]:
    """The root and its descendants that the packages define (not those of tests)."""
    found: list[type[LedgerError]] = []
    pending: list[type[LedgerError]] = [LedgerError]
    while pending:
        cls = pending.pop()
        pending.extend(cls.__subclasses__())
        if cls.__module__.partition(".")[0] in PACKAGES and cls not in found:
            found.append(cls)
    return found


def fields_of(template: str) -> set[str]:
    """The keyword arguments that a ``str.format`` template asks for."""
    return {
        re.split(r"[.\[]", name, maxsplit=1)[0]
        for _, name, _, _ in string.Formatter().parse(template)
        if name is not None
    }


def faulty_errors(classes: Iterable[type[LedgerError]]) -> list[str]:
    """What keeps an error from being told to a person or matched by a program."""
    findings = []
    by_code: dict[str, str] = {}
    for cls in classes:
        name = f"{cls.__module__}.{cls.__qualname__}"
        missing = [text for text in ("code", *TEXTS) if text not in vars(cls)]
        if missing:
            findings.append(f"{name}: has no {', '.join(missing)} of its own")
            continue
        if not re.fullmatch(r"[a-z][a-z0-9_]*", cls.code):
            findings.append(f"{name}: code {cls.code!r} is not snake_case")
        if cls.code in by_code:
            findings.append(f"{name}: code {cls.code!r} is that of {by_code[cls.code]}")
        by_code.setdefault(cls.code, name)
        asked = {text: fields_of(getattr(cls, text)) for text in TEXTS}
        if any(asked[text] != asked["en"] for text in TEXTS):
            findings.append(f"{name}: the texts use different fields: {asked}")
        findings += [
            f"{name}: {text} holds no Chinese"
            for text in TEXTS[1:]
            if not re.search(r"[\u4e00-\u9fff]", getattr(cls, text))
        ]
    return findings


def incomplete_raises(
    found: Iterable[Module], classes: Iterable[type[LedgerError]]
) -> list[Finding]:
    """Places that make an error without a field its texts ask for.

    Seen are calls by the class's own name; classes with a constructor of their own and
    calls with ``**`` are left to their tests.
    """
    asked = {
        cls.__name__: fields_of(cls.en) for cls in classes if cls.__init__ is LedgerError.__init__
    }
    findings = []
    for module in found:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or not isinstance(
                node.func, ast.Name | ast.Attribute
            ):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            given = {keyword.arg for keyword in node.keywords}
            lacking = asked.get(name, set()) - given
            if lacking and None not in given:
                findings.append(
                    Finding(module.path, node.lineno, name, f"lacks {', '.join(sorted(lacking))}")
                )
    return findings
