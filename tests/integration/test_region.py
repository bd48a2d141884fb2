"""The worked case, by files and over HTTP: one wrong record, three cities, to the day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.contract.postgres import database
from tests.integration.region import BUILDER, FIRM, FUNDS, SUPPLIER, City, at, found_region
from tests.integration.region_case import play
from tests.integration.region_http import serving_region

AFTER = "2026-04-30T12:00:00Z"
OFFICER = (
    "--operator",
    "op-7",
    "--purpose",
    "核查",
    "--basis",
    "示例法第三条",
    "--at",
    at("05-01"),
)


ON_POSTGRES = pytest.param("files on postgres", marks=pytest.mark.postgres)


@pytest.fixture(scope="module", params=["files", "push", "pull", ON_POSTGRES])
def played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, City], dict[str, list[dict[str, Any]]]]]:
    folder = tmp_path_factory.mktemp("region")
    with ExitStack() as opened:
        store = None
        if request.param == "files on postgres":
            store = opened.enter_context(database(request.getfixturevalue("postgres_url")))
        cities = found_region(folder, store=store)
        if request.param in ("push", "pull"):
            with serving_region(cities, request.param):
                told = play(cities)
        else:
            told = play(cities)
        yield cities, told


@pytest.fixture(scope="module")
def cities(
    played: tuple[dict[str, City], dict[str, list[dict[str, Any]]]],
) -> dict[str, City]:
    return played[0]


def days_of(city: City, sanction: str) -> Any:
    done = city.node.call(
        "liability", f"@{sanction}", "--labels", city.labels, "--known-at", AFTER, "--json"
    )
    assert done.code == 0, done.err
    days = done.json["days"]
    shares = [(one["party"], one["role"], one["days"], one["spans"]) for one in days["parties"]]
    return days["total"], shares


def asked(city: City, valid_at: str, known_at: str) -> Any:
    done = city.node.call(
        "history", FIRM, "--valid-at", valid_at, "--known-at", known_at, "--json", *OFFICER
    )
    assert done.code == 0, done.err
    return done.json


def test_notices_suspend_and_lift_at_once(
    played: tuple[dict[str, City], dict[str, list[dict[str, Any]]]],
) -> None:
    """Each notice has its effect on the sanctions here in the transaction that receives it."""
    cities, told = played
    for name, sanction in (("zhangzhou", "S2"), ("quanzhou", "S3")):
        key = cities[name].label(sanction)
        assert [one["effects"] for one in told[name]] == [
            [{"sanction": key, "effect": "suspended"}],
            [{"sanction": key, "effect": "lifted"}],
        ]
        types = cities[name].node.types()
        assert types[types.index("NoticeReceived") + 1] == "SanctionSuspended"


def test_the_days_of_the_first_city(cities: dict[str, City]) -> None:
    """S1: 11 days, all of them the supplier's."""
    assert days_of(cities["xiamen"], "S1") == (
        11,
        [(SUPPLIER, "supplier", 11, [["2026-03-09", "2026-03-20"]])],
    )


def test_the_days_of_the_second_city(cities: dict[str, City]) -> None:
    """S2: 11 days, 9 the supplier's, 2 of the node that owed the notice."""
    total, shares = days_of(cities["zhangzhou"], "S2")
    assert total == 11
    assert [(party, days) for party, _, days, _ in shares] == [(SUPPLIER, 9), ("xiamen", 2)]
    assert shares[0][3] == [["2026-03-12", "2026-03-21"]]
    assert shares[1][3] == [["2026-03-21", "2026-03-23"]]


def test_the_days_of_the_third_city(cities: dict[str, City]) -> None:
    """S3: 14 days, 5 the supplier's, 4 of the node that owed the notice, 5 the enforcer's."""
    total, shares = days_of(cities["quanzhou"], "S3")
    assert total == 14
    assert [(party, days) for party, _, days, _ in shares] == [
        (SUPPLIER, 5),
        ("xiamen", 4),
        (FUNDS, 5),
    ]
    assert [spans for _, _, _, spans in shares] == [
        [["2026-03-16", "2026-03-21"]],
        [["2026-03-21", "2026-03-25"]],
        [["2026-03-25", "2026-03-30"]],
    ]


@pytest.mark.parametrize(
    ("known_at", "open_"),
    [
        ("2026-03-19T12:00:00Z", []),
        ("2026-03-20T12:00:00Z", ["waiting", "waiting"]),
        ("2026-03-23T12:00:00Z", ["waiting"]),
        ("2026-03-24T12:00:00Z", ["still_enforcing"]),
        ("2026-03-30T12:00:00Z", []),
        ("2026-04-25T12:00:00Z", ["waiting", "waiting"]),
        ("2026-04-27T12:00:00Z", []),
    ],
)
def test_what_is_outstanding_on_each_day(
    cities: dict[str, City], known_at: str, open_: list[str]
) -> None:
    """A notice closes when its recipient has answered and its enforcers have stopped."""
    found = cities["xiamen"].outstanding(known_at)
    assert [one["state"] for one in found] == open_
    assert {one["record"] for one in found} <= {cities["xiamen"].label("R1")}


def test_the_due_days_of_notices(cities: dict[str, City]) -> None:
    """Three working days after the act; the act and what it asks for are told."""
    found = cities["xiamen"].outstanding("2026-04-25T12:00:00Z")
    assert {(one["act"], one["required"], one["due_on"]) for one in found} == {
        ("withdrawal", "lift", "2026-04-29")
    }
    assert sorted(one["recipient"] for one in found) == ["quanzhou", "zhangzhou"]


def test_the_blast_radius(cities: dict[str, City]) -> None:
    """One subject and two recipients; two corrections open on 04-25, none after 04-27."""
    xiamen = cities["xiamen"]
    for known_at, count in (("2026-04-25T12:00:00Z", 2), (AFTER, 0)):
        done = xiamen.node.call(
            "affected", "--record", "@R1", "--labels", xiamen.labels, "--known-at", known_at,
            "--json", *OFFICER,
        )  # fmt: skip
        assert done.code == 0, done.err
        assert len(done.json["subjects"]) == 1
        recipients = sorted(one["recipient"] for one in done.json["recipients"])
        assert recipients == ["quanzhou", "zhangzhou"]
        assert len(done.json["unacknowledged"]) == count


def test_one_record_and_one_sanction_in_force(cities: dict[str, City]) -> None:
    """xiamen, 03-15 as known on 03-15."""
    found = asked(cities["xiamen"], "2026-03-15", "2026-03-15T12:00:00Z")
    assert [one["state"] for one in found["records"]] == ["valid"]
    assert [one["state"] for one in found["sanctions"]] == ["in_force"]


def test_the_same_day_as_known_later(cities: dict[str, City]) -> None:
    """xiamen, 03-15 as known on 04-30: no valid adverse record; S1 was ruled wrongful."""
    found = asked(cities["xiamen"], "2026-03-15", AFTER)
    assert [one["state"] for one in found["records"]] == ["withdrawn"]
    assert [one["state"] for one in found["sanctions"]] == ["wrongful"]


def test_during_the_objection(cities: dict[str, City]) -> None:
    """xiamen, 03-25: the record is disputed, S1 suspended since 03-20."""
    found = asked(cities["xiamen"], "2026-03-25", "2026-03-25T12:00:00Z")
    assert [one["state"] for one in found["records"]] == ["disputed"]
    states = [(one["state"], one["since"]) for one in found["sanctions"]]
    assert states == [("suspended", "2026-03-20")]


def test_a_suspended_sanction_that_is_still_enforced(cities: dict[str, City]) -> None:
    """quanzhou, 03-27: S3 suspended since 03-24; its enforcer has not said that it stopped."""
    found = asked(cities["quanzhou"], "2026-03-27", "2026-03-27T12:00:00Z")
    (sanction,) = found["sanctions"]
    assert (sanction["state"], sanction["since"]) == ("suspended", "2026-03-24")
    assert sanction["enforcement"]["state"] == "applied"


def test_every_log_is_whole_and_nothing_is_owed(cities: dict[str, City]) -> None:
    """The audit finds nothing, and no outbox holds anything after the last receipt."""
    for city in cities.values():
        assert city.node.call("audit", "--json").json["ok"]
        assert city.outbox("05-02") == []


def test_the_origin_keeps_what_the_others_signed(cities: dict[str, City]) -> None:
    """Each answer's entry names the message, which is kept beside the log as it came."""
    with cities["xiamen"].node.opened() as node:
        holder = node.holder(cities["xiamen"].label("R1"))
        assert holder is not None
        shared = node.subject(holder).state.records[cities["xiamen"].label("R1")].shared
        assert len(shared.answered) == 4
        assert all(
            node.store.manifest(one.facts.attached or "") for one in shared.answered.values()
        )
        enforcers = {status.facts.enforcer for status in shared.statuses.values()}
        assert enforcers == {BUILDER, FUNDS}


def test_labels_of_another_node_stand_under_its_name(cities: dict[str, City]) -> None:
    """R1 of xiamen is xiamen/R1 elsewhere, and the same record."""
    for name in ("zhangzhou", "quanzhou"):
        assert cities[name].label("xiamen/R1") == cities["xiamen"].label("R1")


def test_every_message_is_verified_by_a_stranger(
    cities: dict[str, City], request: pytest.FixtureRequest
) -> None:
    """Each file that travelled is judged VALID by the trust list alone."""
    if request.node.callspec.params["played"] in ("push", "pull"):
        pytest.skip("over HTTP no file is left behind")
    from ledger.exchange.judging import judge
    from ledger.exchange.trust_list import read_trust

    folder: Path = cities["xiamen"].folder.parent
    trust = read_trust((folder / "list.json").read_bytes())
    kinds = set()
    for city in cities.values():
        for path in (*city.folder.glob("bundle-*"), *city.folder.glob("*/*.*.*.json")):
            judged = judge(path.read_bytes(), trust)
            assert judged.verdict.is_good, (path.name, judged.verdict.detail())
            assert judged.message is not None
            kinds.add(judged.message.kind)
    assert kinds == {"bundle", "receipt", "notice", "acknowledgement", "enforcement-status"}
