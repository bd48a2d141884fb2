"""``liability`` and ``affected`` at the node that collected R1, after the case of three cities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.driving import call
from tests.integration.material import OFFICER
from tests.integration.region import BUILDER, FUNDS, PROCURER, SUPPLIER, City, at, found_region
from tests.integration.region_case import play

KNOWN = ("--known-at", "2026-04-30T12:00:00Z")
ASKED = (*OFFICER, "--at", at("04-30"))
TABLE = {
    "S1": {f"supplier {SUPPLIER}": 11},
    "S2": {f"supplier {SUPPLIER}": 9, "node xiamen": 2},
    "S3": {f"supplier {SUPPLIER}": 5, "node xiamen": 4, f"enforcer {FUNDS}": 5},
}
HOMES = {"S1": "xiamen", "S2": "zhangzhou", "S3": "quanzhou"}


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, City]:
    found = found_region(tmp_path_factory.mktemp("region"))
    play(found)
    return found


def _told(city: City, *options: str | Path) -> Any:
    done = city.node.call("liability", *options, *KNOWN, "--json", *ASKED)
    assert done.code == 0, done.err
    return done.json


def _shares(told: Any) -> dict[str, int]:
    return {f"{each['role']} {each['party']}": each["days"] for each in told["days"]["parties"]}


@pytest.mark.parametrize("sanction", TABLE)
def test_the_origin_and_the_sanctions_own_node_tell_the_same_days(
    cities: dict[str, City], sanction: str
) -> None:
    """Each row of the table at xiamen by the id alone, and at the node that imposed it."""
    home = cities[HOMES[sanction]]
    key = home.label(sanction)
    told = _told(cities["xiamen"], key)
    assert _shares(told) == TABLE[sanction]
    assert _shares(_told(home, key)) == TABLE[sanction]
    assert told["node"] == home.name


def test_the_whole_table_by_the_record(cities: dict[str, City]) -> None:
    """36 days at the origin; a recipient tells of its own sanction only."""
    record = cities["xiamen"].label("R1")
    told = _told(cities["xiamen"], "--record", record)
    assert told["days"] == {"total": 36}
    assert [each["node"] for each in told["sanctions"]] == ["xiamen", "zhangzhou", "quanzhou"]
    assert _told(cities["quanzhou"], "--record", record)["days"] == {"total": 14}


@pytest.mark.parametrize(("known", "waiting"), [("04-30", 0), ("04-27", 0), ("04-25", 2)])
def test_the_blast_radius(cities: dict[str, City], known: str, waiting: int) -> None:
    """One subject, three sanctions, three enforcers, two recipients, and who has not answered."""
    xiamen = cities["xiamen"]
    done = xiamen.node.call(
        "affected", "--record", xiamen.label("R1"), "--known-at", f"2026-{known}T12:00:00Z",
        "--json", *ASKED,
    )  # fmt: skip
    assert done.code == 0, done.err
    names = ("subjects", "sanctions", "enforcers", "recipients", "unacknowledged")
    assert [len(done.json[name]) for name in names] == [1, 3, 3, 2, waiting]
    assert {each["enforcer"] for each in done.json["enforcers"]} == {PROCURER, BUILDER, FUNDS}
    if known == "04-30":
        assert [each["must"] for each in done.json["recipients"]] == ["none", "none"]


def test_the_signed_report_on_a_partners_sanction_is_believed(
    cities: dict[str, City], tmp_path: Path
) -> None:
    """By the trust list of the region, the page as well as the statement."""
    xiamen, page, signed = cities["xiamen"], tmp_path / "page.html", tmp_path / "report.json"
    done = xiamen.node.call(
        "liability", cities["quanzhou"].label("S3"), *KNOWN, *ASKED, "--format", "html",
        "-o", page, "--statement", signed,
    )  # fmt: skip
    assert done.code == 0, done.err
    trust = xiamen.folder.parent / "list.json"
    for file in (page, signed):
        verified = call("verify", file, "--trust", trust, "--json")
        assert (verified.json["verdict"], verified.json["reason"]) == ("VALID", "verified")
