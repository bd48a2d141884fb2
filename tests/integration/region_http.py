"""The cities over HTTP: each one a service of its own, and the two ways to ask it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.integration.driving import ROOT, Ended, environment, program
from tests.integration.region import City, Files, at


@dataclass
class Service:
    """``exchange serve`` as a program of its own."""

    process: subprocess.Popen[str]
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextmanager
def serving(city: City, port: int = 0, *options: str | Path) -> Iterator[Service]:
    process = subprocess.Popen(
        program("exchange", "serve", "--home", city.node.home, "--port", str(port),
                "--labels", city.labels, *options),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment(),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://" in line, process.communicate(timeout=20)
        yield Service(process, line.split()[-1])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


def pushed(city: City, url: str, day: str | None, *options: str) -> Ended:
    return run(city, "push", url, day, *options)


def pulled(city: City, url: str, day: str | None, *options: str) -> Ended:
    return run(city, "pull", url, day, *options)


def run(city: City, way: str, url: str, day: str | None, *options: str) -> Ended:
    told = () if day is None else ("--at", at(day))
    return city.node.call(
        "exchange", way, "--peer", url, "--labels", city.labels, *told, "--json", *options
    )


@dataclass
class Http:
    """Each city's address, and who asks whom: the one that owes, or the one that waits."""

    urls: dict[str, str]
    way: Literal["push", "pull"]

    def deliver(self, sender: City, recipient: City, day: str) -> list[dict[str, Any]]:
        if self.way == "push":
            done = pushed(sender, self.urls[recipient.name], day)
            told, back = "sent", "received"
        else:
            done = pulled(recipient, self.urls[sender.name], day)
            told, back = "received", "sent"
        assert done.code == 0, done.out + done.err
        assert {one["verdict"] for one in done.json[back]} <= {"accepted", "duplicate"}
        found: list[dict[str, Any]] = done.json[told]
        assert {one["verdict"] for one in found} <= {"accepted"}
        return found


@contextmanager
def serving_region(cities: dict[str, City], way: Literal["push", "pull"]) -> Iterator[None]:
    """While it lasts, these cities speak over HTTP; after it, by files."""
    with ExitStack() as stack:
        urls = {name: stack.enter_context(serving(city)).url for name, city in cities.items()}
        for city in cities.values():
            city.transport = Http(urls, way)
        yield
    for city in cities.values():
        city.transport = Files()
