"""Where the demo plays: commands are printed and run, services started and ended."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from api.cli.main import run
from ledger.errors import ExitCode, Language
from scripts._demo_words import say

START_SECONDS: Final = 60.0
"""Until a service says where it answers; on an idle machine it takes two."""

STOP_SECONDS: Final = 10.0
"""Until a service that was asked to end is ended."""

POLL_SECONDS: Final = 0.05
EXIT_BROKEN: Final = int(ExitCode.INTERNAL)
STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
URL: Final = re.compile(r"http://127\.0\.0\.1:\d+")


class Unexpected(Exception):
    """Something came out otherwise than the demo says."""


@dataclass
class Stage:
    """Prints headings and commands, runs them in the demo's folder, checks how they end."""

    folder: Path
    language: Language
    step: int = 0
    urls: dict[str, str] = field(default_factory=dict)
    """Of the services that are up, by the home that each serves."""
    _services: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def heading(self, word: str) -> None:
        self.step += 1
        bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
        print(f"\n{bold}{self.step}. {say(self.language, word)}{plain}")

    def tell(self, word: str, **fields: object) -> None:
        print(say(self.language, word, **fields))

    def run(self, *command: str | Path, shown: str | None = None) -> None:
        """Run another program and print it before its output; it must end with 0."""
        words = [str(word) for word in command]
        print(f"\n$ {shown or shlex.join(words)}", flush=True)
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        print(done.stdout.strip("\n"))
        self.expect(done.returncode == 0, f"{words[0]}: exit {done.returncode}")

    def ledger(self, *command: str | Path, code: int = 0, quiet: bool = False) -> str:
        """Run a command and print it before its output; what it said on standard output.

        ``quiet``: the output is for the caller, and printed only where it ends unexpectedly.
        """
        words = [str(word) for word in command]
        print(f"\n$ {shlex.join(('credit-ledger', *words))}", flush=True)
        out, err, ended = self._forked(words, apart=quiet)
        said = (out + err).strip("\n")
        if said and not (quiet and ended == code):
            print("\n".join(line.rstrip() for line in said.splitlines()))
        if ended or code:
            print(f"[exit {ended}]", flush=True)
        self.expect(ended == code, f"credit-ledger {words[0]}: exit {ended}")
        return out

    def _forked(self, words: list[str], *, apart: bool) -> tuple[str, str, int]:
        """A command in a process of its own that has everything loaded already: some eighty of
        them would spend more than a minute on that. Both outputs (as one, unless ``apart``),
        and how it ended.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            sys.stdout.flush()
            sys.stderr.flush()
            # An exception of a signal's handler is lost where it comes up in a hook of the fork.
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
            child = os.fork()
            if child == 0:
                _become(self, words, mask, out.fileno(), (err if apart else out).fileno())
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                _, status = os.waitpid(child, 0)
            except BaseException:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                raise
            out.seek(0)
            err.seek(0)
            said = out.read().decode(), err.read().decode()
        return *said, os.waitstatus_to_exitcode(status)

    def ledger_json(self, *command: str | Path, code: int = 0) -> Any:
        """The parsed ``--json`` of a command; the caller prints of it what is to be seen."""
        return json.loads(self.ledger(*command, "--json", code=code, quiet=True))

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            raise Unexpected(say(self.language, "unexpected", what=what))

    def show(self, lines: list[tuple[str, ...]]) -> None:
        """Rows of a table whose cells hold no wide characters but the last."""
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            print(("    " + "  ".join(cells)).rstrip())

    # -- services --------------------------------------------------------------

    @contextmanager
    def services(self) -> Iterator[None]:
        """Whatever is started within is ended at the end, however that comes."""
        try:
            yield
        finally:
            for service in self._services:
                service.terminate()
            for service in self._services:
                try:
                    service.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    service.kill()
                    service.wait()
            self._services.clear()

    def serve(self, *commands: tuple[str, ...]) -> None:
        """Start services at free ports of this machine, and wait until all of them answer."""
        started = []
        for command in commands:
            words = ["credit-ledger", *command, "--port", "0"]
            print(f"\n$ {shlex.join(words)} &", flush=True)
            home = command[command.index("--home") + 1]
            log = self.folder / f"{home}.service.log"
            with log.open("wb") as out:
                service = subprocess.Popen(
                    words,
                    cwd=self.folder,
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                )
            self._services.append(service)
            started.append((home, log, service))
        for home, log, service in started:
            self.urls[home] = self._answering(log, service)

    def _answering(self, log: Path, service: subprocess.Popen[bytes]) -> str:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            ended = service.poll()
            said = log.read_text("utf-8")
            found = URL.search(said)
            if found and "\n" in said:
                print(said.splitlines()[0])
                return found[0]
            self.expect(ended is None, f"{log.name}: exit {ended}: {said.strip()}")
            time.sleep(POLL_SECONDS)
        raise Unexpected(say(self.language, "unexpected", what=f"{log.name}: no answer"))

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CREDIT_LEDGER_LANG": self.language}


def _become(
    stage: Stage, words: list[str], mask: set[signal.Signals | int], out: int, err: int
) -> NoReturn:
    """In the child of a fork: be the command, and leave nothing of the demo to run."""
    code = EXIT_BROKEN
    try:
        for number in STOPPING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.chdir(stage.folder)
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.environ["CREDIT_LEDGER_LANG"] = stage.language
        code = run(words)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
