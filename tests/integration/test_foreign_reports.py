"""Credit reports of the other side of the Strait: kept as given, sealed, and nothing more."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from nacl.signing import SigningKey, VerifyKey

from ledger.signing import base64text
from tests.integration.driving import Ended, call
from tests.integration.region import OPERATOR, PROCURER, REGISTRAR, SUPPLIER, City, at, line
from tests.integration.region_case import imposed
from tests.integration.strait import (
    LOOK,
    SIMPLIFIED,
    TRADITIONAL,
    TW_FIRM,
    UBN,
    Three,
    collect_tw,
    everything,
    history,
)


def signed_report() -> tuple[bytes, VerifyKey]:
    """A report that is itself a signed message, in a form that is not ours."""
    key = SigningKey(b"\7" * 32)
    body = "財團法人示例徵信中心\n統一編號 62140097\n".encode()
    return bytes(key.sign(body)) + b"\r\n\x00", key.verify_key


def attach(city: City, file: Path, **changes: str) -> Ended:
    given = {
        "issuer": "財團法人示例徵信中心",
        "reference": "JCIC-2026-0001",
        "issued-on": "2026-03-01",
        "media-type": "application/octet-stream",
        "language": "zh-Hant",
        "purpose": "报告互认",
        "basis": "示例协议",
        "organisation": REGISTRAR,
        "kind": "legal_person",
        "name": TRADITIONAL,
        "at": at("03-10"),
    } | changes
    options = [word for name, value in given.items() for word in (f"--{name}", value)]
    return city.node.call("report", "attach", TW_FIRM, file, *UBN, *options, *OPERATOR, "--json")


def show(city: City, report: str, file: Path, day: str = "03-11") -> Ended:
    look = (*UBN, *LOOK, "--at", at(day))
    return city.node.call("report", "show", TW_FIRM, report, *look, "-o", file)


@pytest.fixture
def reported(three: Three, tmp_path: Path) -> tuple[City, Path, str]:
    """The first city, the report's file, and its id there."""
    file = tmp_path / "report.bin"
    file.write_bytes(signed_report()[0])
    done = attach(three[0], file)
    assert done.code == 0, done.err
    return three[0], file, done.json["report"]


def test_a_foreign_report_comes_back_byte_for_byte(
    reported: tuple[City, Path, str], tmp_path: Path
) -> None:
    """Its own signature verifies with its issuer's tools, and the look is registered."""
    city, file, report = reported
    out = tmp_path / "out.bin"
    assert show(city, report, out).code == 0
    assert out.read_bytes() == file.read_bytes()
    signed_report()[1].verify(out.read_bytes()[:-3])
    with city.node.opened() as node:
        last = node.store.stream(f"access/{node.subject_uuid('tw_ubn', TW_FIRM)}")[-1]
    assert json.loads(last.state)["facts"]["reports"] == [report]


def test_a_foreign_report_is_an_attachment_in_the_history(
    reported: tuple[City, Path, str],
) -> None:
    """Named with issuer and digest, without its bytes; no record; nothing of it for the public."""
    city, file, report = reported
    found = history(city, TW_FIRM, *UBN, *LOOK)
    facts = found["entries"][-1]["facts"]
    assert facts["report"] == report
    assert facts["digest"] == sha256(file.read_bytes()).hexdigest()
    assert facts["issuer"] == "財團法人示例徵信中心"
    assert "details" not in found["entries"][-1]
    assert found["records"] == []
    assert {"what": f"content of report {report}", "why": "attached"} in found["masked"]
    assert history(city, TW_FIRM, *UBN)["entries"] == []


def test_no_sanction_rests_on_a_foreign_report(
    reported: tuple[City, Path, str], tmp_path: Path
) -> None:
    """A report's id is no record's."""
    city, _, report = reported
    subject = {"scheme": "tw_ubn", "identifier": TW_FIRM}
    sanction = imposed(PROCURER, "03-12", "limit_procurement", report, "S1") | {"subject": subject}
    done = city.node.apply(tmp_path, (sanction,))
    assert [each["error"] for each in done.json["refused"]] == ["unknown_id"]


def test_a_foreign_report_can_be_erased(reported: tuple[City, Path, str], tmp_path: Path) -> None:
    """Its key destroyed, the bytes are gone; the entry, its digest and the audit stand."""
    city, file, report = reported
    city.apply(line("erase_personal_data", REGISTRAR, "03-12", basis="示例法", reports=[report]))
    out = tmp_path / "out.bin"
    done = show(city, report, out, "03-13")
    assert done.code == 3
    assert not out.exists()
    assert history(city, TW_FIRM, *UBN, *LOOK)["entries"][1]["facts"]["report"] == report
    audited = city.node.call("audit", "--json")
    assert audited.code == 0, audited.out
    assert attach(city, file, at=at("05-21")).code == 0, "it may be given again"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"issued-on": "2026-03-11"}, 3),
        ({"received-on": "2026-02-28"}, 3),
        ({"valid-until": "2026-03-01"}, 3),
        ({"media-type": "pdf"}, 2),
        ({"language": "a language"}, 2),
        ({"organisation": SUPPLIER}, 3),
    ],
)
def test_a_report_that_is_not_told_right_is_refused(
    three: Three, tmp_path: Path, change: dict[str, str], code: int
) -> None:
    """Days in order, a media type, a language tag, and a registrar."""
    file = tmp_path / "report.bin"
    file.write_bytes(b"report")
    size = three[0].node.size()
    assert attach(three[0], file, **change).code == code
    assert three[0].node.size() == size


def test_the_size_of_a_report_is_bounded(three: Three, tmp_path: Path) -> None:
    """The largest goes in and out; one byte more, or none at all, is refused; twice is once."""
    city, file, out = three[0], tmp_path / "report.bin", tmp_path / "out.bin"
    for size, code in ((0, 2), (700 * 1024 + 1, 2), (700 * 1024, 0), (700 * 1024, 3)):
        file.write_bytes(b"\xff" * size)
        done = attach(city, file)
        assert done.code == code, done.err
        if code == 0:
            assert show(city, done.json["report"], out).code == 0
            assert out.read_bytes() == file.read_bytes()


def test_a_foreign_report_never_leaves(reported: tuple[City, Path, str]) -> None:
    """A bundle of its subject's records says nothing of it."""
    city, file, report = reported
    collect_tw(city, SUPPLIER, "03-11", SIMPLIFIED)
    text = everything(city.send("zhangzhou", "03-12", "@R7"))
    assert "SubjectOpened" in text
    for secret in (report, sha256(file.read_bytes()).hexdigest(), "JCIC-2026-0001"):
        assert secret not in text


def test_a_statement_of_a_subject_with_a_report_verifies(
    reported: tuple[City, Path, str], tmp_path: Path
) -> None:
    """The report is named in it by its digest, its bytes are not in it, and a stranger agrees."""
    city, file, report = reported
    out, trust = tmp_path / "statement.json", tmp_path / "trust.json"
    done = city.node.call("history", TW_FIRM, *UBN, *LOOK, "--statement", out, "--at", at("03-12"))
    assert done.code == 0, done.err
    assert city.node.call("trust", "export", "-o", trust).code == 0
    verified = call("verify", out, "--trust", trust, "--json")
    assert verified.code == 0, verified.out
    text = everything(out)
    assert report in text
    assert base64text.encode(file.read_bytes()) not in text


def test_a_report_can_be_given_as_a_line(three: Three) -> None:
    """What is not base64, or not there, is refused; a label stands for the report."""
    city = three[0]
    subject = {"scheme": "tw_ubn", "identifier": TW_FIRM, "kind": "legal_person"}
    order = line(
        "attach_report",
        REGISTRAR,
        "03-10",
        subject=subject,
        issuer="示例",
        reference="1",
        issued_on="2026-03-01",
        received_on="2026-03-10",
        media_type="text/plain",
        purpose="报告互认",
        legal_basis="示例协议",
    )
    bad = [order, *(order | {"sealed": {"content": text}} for text in ("", "YQ", "YR==", 7))]
    for one in bad:
        done = city.node.apply(city.folder, (one,))
        assert [each["error"] for each in done.json["refused"]] == ["report_unusable"]
    city.apply(order | {"sealed": {"content": "YQ=="}, "as": "F1"})
    city.apply(line("erase_personal_data", REGISTRAR, "03-12", basis="示例法", reports=["@F1"]))
    assert history(city, TW_FIRM, *UBN, *LOOK)["entries"][-1]["facts"]["reports"] == [
        city.label("F1")
    ]
