"""The house rules that are read off the syntax tree; ``test_house_rules.py`` applies them.

Each checker takes ``Module`` values and returns findings. A finding is told apart from
others by its file and its subject, which is what a named exception refers to.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ledger", "projections", "api")

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    subject: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.subject}: {self.why}"


@dataclass(frozen=True)
class Module:
    """One source file: its path relative to the project's root, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    def within(self, *prefixes: str) -> bool:
        """Whether it is one of these files, or in one of these folders."""
        return any(self.path == p or self.path.startswith(f"{p}/") for p in prefixes)

    @property
    def package(self) -> str:
        return str(Path(self.path).parent).replace("/", ".")


def modules(*folders: str) -> list[Module]:
    """Every Python file in these folders of the project, suffix or not."""
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if "__pycache__" in path.parts or not path.is_file():
                continue
            if path.suffix == ".py" or (not path.suffix and _starts_python(path)):
                found.append(Module(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")))
    return found


def _starts_python(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.readline(200)
    return first.startswith(b"#!") and b"python" in first


# -- what a module imports and which dotted names it uses ----------------------


def imported(module: Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported, also inside functions."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = _base(module, node)
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"
        elif isinstance(node, ast.Call) and _called(node) in {"__import__", "import_module"}:
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield node.lineno, argument.value


def _base(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.package.split(".")
    parents = parts[: len(parts) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def used(module: Module) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of every name that is read, import aliases resolved.

    A name that nothing imported is ``builtins.<name>``, so that a variable called
    ``secrets`` is not taken for the module.
    Names are meant, not only calls: ``clock=time.time`` reads the clock as well.
    """
    aliases: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                aliases[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                aliases[alias.asname or alias.name] = f"{_base(module, node)}.{alias.name}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            dotted = _dotted(node)
            if dotted:
                head, dot, rest = dotted.partition(".")
                yield node.lineno, f"{aliases.get(head, f'builtins.{head}')}{dot}{rest}"


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _is(name: str, banned: Iterable[str]) -> str | None:
    """The banned name that ``name`` is or lies in."""
    return next((b for b in banned if name == b or name.startswith(f"{b}.")), None)


# -- the rules -----------------------------------------------------------------

NOT_ABOVE = {
    "ledger": ("projections", "api"),
    "projections": ("api",),
    "api": (),
}


def imports_upwards(found: Iterable[Module]) -> list[Finding]:
    """``api -> projections -> ledger``, and never back."""
    findings = []
    for module in found:
        for line, name in imported(module):
            above = _is(name, NOT_ABOVE[module.path.partition("/")[0]])
            if above:
                findings.append(Finding(module.path, line, above, "imports point one way"))
    return findings


OUTSIDE_WORLD = (
    "asyncio", "ctypes", "fcntl", "getpass", "glob", "http", "importlib", "io", "locale",
    "logging", "mmap", "multiprocessing", "nacl.utils", "os", "pathlib", "pkgutil", "platform",
    "psycopg", "psycopg_pool", "random", "resource", "secrets", "select", "selectors", "shutil",
    "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time",
    "urllib.request", "zoneinfo",
    "ledger.bootstrap", "ledger.intake", "ledger.storage",
)  # fmt: skip
BUILTINS_OF_THE_WORLD = tuple(
    f"builtins.{name}"
    for name in ("open", "input", "print", "__import__", "eval", "exec", "breakpoint")
)

CLOCKS_AND_CHANCE = (
    "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "time.clock_gettime", "time.localtime", "time.gmtime", "time.monotonic",
    "time.monotonic_ns", "time.perf_counter", "time.time", "time.time_ns",
    "os.getrandom", "os.urandom", "nacl.utils.random", "nacl.signing.SigningKey.generate",
    "nacl.public.PrivateKey.generate", "nacl.bindings.randombytes",
    "nacl.bindings.crypto_sign_keypair", "random", "secrets",
    "uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7",
)  # fmt: skip


def impurities(found: Iterable[Module]) -> list[Finding]:
    """The pure core: no I/O, no clock, no randomness, no environment."""
    findings = []
    for module in found:
        for line, name in imported(module):
            outside = _is(name, OUTSIDE_WORLD)
            if outside:
                findings.append(Finding(module.path, line, outside, "the pure core has no I/O"))
        for line, name in used(module):
            if name in BUILTINS_OF_THE_WORLD:
                findings.append(Finding(module.path, line, name, "the pure core has no I/O"))
    return findings + clocks_and_chance(found)


def clocks_and_chance(found: Iterable[Module]) -> list[Finding]:
    """Reading a clock or drawing randomness: both are passed in, by ``ledger.bootstrap``."""
    return [
        Finding(module.path, line, source, "pass the clock or the entropy in")
        for module in found
        for line, name in used(module)
        if (source := _is(name, CLOCKS_AND_CHANCE))
    ]


def weak_randomness(found: Iterable[Module]) -> list[Finding]:
    """``random`` is no source of secrets, and folds must not depend on it either."""
    return [
        Finding(module.path, line, "random", "not a source for anything here")
        for module in found
        for line, name in imported(module)
        if _is(name, ("random", "numpy.random"))
    ]


def wiring(found: Iterable[Module]) -> list[Finding]:
    """Stores and recorders are opened by ``ledger.bootstrap`` alone."""
    return [
        Finding(module.path, node.lineno, name, "ledger/bootstrap.py wires")
        for module in found
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and (name := _called(node))
        and (name == "open_store" or (name.endswith(("Recorder", "Store")) and name[0].isupper()))
    ]


NEVER = {"as_of", "timestamp"}
"""The two time axes are ``valid_at`` and ``known_at``."""


def bare_time_names(found: Iterable[Module]) -> list[Finding]:
    """No name of ours is ``as_of`` or ``timestamp``, no parameter or field ``date``."""
    findings = []
    for module in found:
        for line, name, bare_date_counts in _own_names(module.tree):
            if name in NEVER or (name == "date" and bare_date_counts):
                findings.append(
                    Finding(module.path, line, name, "say valid_at, known_at or which day")
                )
    return findings


def _own_names(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name):
                yield node.lineno, name, True
            case ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name, True
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name, True
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name, True
            case ast.Constant(value=str() as name):
                # Keys and columns; "date" alone is also a JSON Schema format.
                yield node.lineno, name, False


def too_long(found: Iterable[Module]) -> list[Finding]:
    """Files of one idea, functions that fit on a screen."""
    findings = []
    for module in found:
        lines = module.text.count("\n")
        if lines > MAX_FILE_LINES:
            findings.append(
                Finding(module.path, 1, "file", f"{lines} lines: look for the second idea")
            )
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    findings.append(
                        Finding(
                            module.path,
                            node.lineno,
                            node.name,
                            f"{length} lines: too long for a screen",
                        )
                    )
    return findings
