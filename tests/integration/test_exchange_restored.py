"""A node that exchanged, restored from an old backup and an auditor's copy: its messages, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.postgres import database
from tests.integration.backups import Backup, back_up
from tests.integration.conftest import STORES
from tests.integration.material import PERSON, person
from tests.integration.region import (
    BUILDER,
    OPERATOR,
    SUPPLIER,
    City,
    at,
    delivered,
    found_region,
    line,
)
from tests.integration.region_case import collected, disclosed, imposed, objected, reported


@dataclass
class Case:
    """Two cities between which a record and its objection went; both have an old backup."""

    xiamen: City
    zhangzhou: City
    backups: dict[str, Backup]

    @property
    def both(self) -> tuple[City, City]:
        return self.xiamen, self.zhangzhou

    def lose(self, city: City) -> tuple[Path, tuple[object, ...]]:
        """The backup restored over a copy's log; that copy, and what the store held."""
        copy = city.folder / "copy"
        done = city.node.call("tiles", "export", copy, "--with-entries")
        assert done.code == 0, done.err
        before = held(city)
        self.backups[city.name].restore()
        return copy, before


def held(city: City) -> tuple[object, ...]:
    """The entries, and all that is kept beside them."""
    with city.node.opened() as node:
        return list(node.store.scan()), dict(node.store.manifests())


@pytest.fixture(params=STORES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    with ExitStack() as opened:
        url = None
        if request.param == "postgres":
            url = opened.enter_context(database(request.getfixturevalue("postgres_url")))
        cities = found_region(tmp_path, ("xiamen", "zhangzhou"), url)
        xiamen, zhangzhou = cities.values()
        collected(xiamen)
        backups = {name: back_up(city.node, city.folder, url) for name, city in cities.items()}
        exchanged(xiamen, zhangzhou)
        yield Case(xiamen, zhangzhou, backups)


def exchanged(xiamen: City, zhangzhou: City) -> None:
    """A firm's record, a sanction, an objection and its answer; and a person's, with a secret."""
    disclosed(xiamen, (zhangzhou,))
    zhangzhou.apply(
        imposed(BUILDER, "03-12", "limit_bidding", "@xiamen/R1", "S2"),
        reported(BUILDER, "03-12", "@S2", "applied"),
    )
    facts = {
        "subject": person(),
        "item": "administrative_penalty",
        "supplier": SUPPLIER,
        "document_number": "厦门示监处罚〔2026〕3号",
        "decided_on": "2026-02-27",
        "legal_basis": "《示例法》第一条",
        "tier": "general",
        "amounts": {"fine": "3.5"},
    }
    xiamen.apply(line("collect_record", SUPPLIER, "03-13", **facts) | {"as": "P1"})
    xiamen.send("zhangzhou", "03-14", "@P1", options=("--disclose", "identifier"))
    objected(xiamen)
    (notice,) = [path for path in xiamen.outbox("03-20") if ".notice." in path.name]
    assert zhangzhou.receive(notice, "03-21").code == 0


def test_messages_come_back_with_the_log(case: Case) -> None:
    """Entries and messages are what they were, nothing is missing, and what was owed still is:
    to the byte, even the bundle whose sealed value was kept elsewhere."""
    owed = {city.name: {path.name for path in city.outbox("03-21")} for city in case.both}
    (bundle,) = [path for path in case.xiamen.outbox("03-21") if ".bundle." in path.name]
    sent = bundle.read_bytes()
    for city in case.both:
        copy, before = case.lose(city)
        done = city.node.call("reconcile", "--from", copy, "--json")
        assert done.code == 0, done.err
        assert held(city) == before
        assert city.node.call("audit", "--json").json["ok"]
    assert {city.name: {path.name for path in city.outbox("03-21")} for city in case.both} == owed
    assert bundle.read_bytes() == sent
    assert PERSON in json.dumps(
        case.xiamen.node.call(
            "history", PERSON, *OPERATOR, "--purpose", "p", "--basis", "b", "--at", at("03-22"),
            "--json",
        ).json
    )  # fmt: skip
    delivered(case.zhangzhou, case.xiamen, "03-23")
    delivered(case.xiamen, case.zhangzhou, "03-24")
    assert case.zhangzhou.node.types().count("RecordReceived") == 2


@pytest.mark.parametrize("content", [None, b"{}", b"", b'{"format":"credit-ledger-kept/v1"}'])
def test_a_copy_whose_message_is_not_what_came_restores_nothing(
    case: Case, content: bytes | None
) -> None:
    """Gone or altered in the copy: it is named, and neither entry nor message is put back."""
    copy, _ = case.lose(case.xiamen)
    place = copy / "manifests" / str(case.xiamen.sent[0]["bundle"])
    place.unlink()
    if content is not None:
        place.write_bytes(content)
    before = held(case.xiamen)
    done = case.xiamen.node.call("reconcile", "--from", copy, "--json")
    assert done.code == 1
    assert place.name in done.err
    assert held(case.xiamen) == before
