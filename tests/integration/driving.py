"""Drives the command line: in this process where speed matters, else as a program."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from api.cli.main import run
from ledger.bootstrap import open_node
from ledger.entry import StoredEntry
from ledger.home import Home
from ledger.log.checkpoint import Checkpoint
from ledger.log.tree import StoreTree
from ledger.node import Node
from ledger.signing.passphrase import PassphraseSource
from ledger.storage.port import COMMITMENT_TOPIC, EntryStore

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
"""Seconds until a program under test is given up."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def call(*arguments: str | Path, stdin: str = "") -> Ended:
    """Run a command in this process, English, without a terminal."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch.object(sys, "stdin", io.StringIO(stdin)),
    ):
        code = run(["--lang", "en", *map(str, arguments)])
    return Ended(code, out.getvalue(), err.getvalue())


def program(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "api", *map(str, arguments)]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    known = {name: text for name, text in os.environ.items() if not name.startswith("CREDIT_")}
    return known | {"PYTHONPATH": str(ROOT), "CREDIT_LEDGER_LANG": "en"} | dict(more or {})


def process(
    *arguments: str | Path,
    stdin: str | bytes = "",
    env: Mapping[str, str] | None = None,
    memory: int | None = None,
    descriptors: Sequence[int] = (),
) -> Ended:
    """Run a command as a program of its own, ``memory`` bytes of address space at most."""

    def limited() -> None:
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    done = subprocess.run(
        program(*arguments),
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        capture_output=True,
        cwd=ROOT,
        env=environment(env),
        pass_fds=tuple(descriptors),
        preexec_fn=limited if memory is not None else None,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass(frozen=True)
class Founded:
    """A node that a test founded."""

    home: Path
    name: str

    def call(self, *arguments: str | Path, stdin: str = "") -> Ended:
        return call(*arguments, "--home", self.home, stdin=stdin)

    def process(self, *arguments: str | Path, **circumstances: Any) -> Ended:
        return process(*arguments, "--home", self.home, **circumstances)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Node]:
        with open_node(Home(self.home), PassphraseSource.none()) as node:
            yield node

    def tree_size(self) -> int:
        """How many entries the log holds."""
        with self.opened() as node:
            return node.store.size()

    def mark_as_it_is(self) -> None:
        """Set the high-water mark to whatever the store holds: then it tells of no tampering."""
        with self.opened() as node:
            size = node.store.size()
            root = StoreTree(node.store, size).root()
            mark = node.keeper.mark(Checkpoint(node.keeper.origin, size, root))
            node.keeper.high_water.path.unlink()
            node.keeper.high_water.raise_to(mark, replace=True)

    def acts(self) -> list[StoredEntry]:
        """The entries in order, but for those that the log writes about itself."""
        with self.opened() as node:
            return acts(node.store)

    def size(self) -> int:
        """How many acts the log holds."""
        return len(self.acts())

    def types(self) -> list[str]:
        """The types of all acts, in order."""
        return [stored.topic.partition(":")[0] for stored in self.acts()]

    def apply(self, folder: Path, lines: Sequence[object], *options: str | Path) -> Ended:
        """``apply`` of these lines: objects as JSON, texts as they are."""
        path = folder / "commands.jsonl"
        write_lines(path, lines)
        return self.call("apply", path, "--json", *options)


def acts(store: EntryStore) -> list[StoredEntry]:
    """The entries in order, but for those that the log writes about itself."""
    return [stored for stored in store.scan() if stored.topic != COMMITMENT_TOPIC]


def write_lines(path: Path, lines: Sequence[object]) -> None:
    texts = (
        line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines
    )
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
