"""One wrong record in three cities, day by day, whichever way messages go."""

from __future__ import annotations

from typing import Any

from tests.integration.region import (
    BUILDER,
    FIRM,
    FIRM_NAME,
    FUNDS,
    PROCURER,
    REGISTRAR,
    REVIEWERS,
    SUPPLIER,
    City,
    delivered,
    line,
)

ENDS_ON = "2027-02-27"


def imposed(by: str, day: str, measure: str, record: str, label: str) -> dict[str, Any]:
    return line(
        "impose_sanction",
        by,
        day,
        measure=measure,
        records=[record],
        initiator=by,
        enforcer=by,
        legal_basis="《示例法》第二条",
        starts_on=f"2026-{day}",
        ends_on=ENDS_ON,
    ) | {"as": label}


def reported(by: str, day: str, sanction: str, state: str) -> dict[str, Any]:
    return line("report_enforcement", by, day, sanction=sanction, on=f"2026-{day}", state=state)


def ruled(city: City, day: str, sanction: str) -> dict[str, Any]:
    reviewer = REVIEWERS[city.name]
    return line(
        "rule_sanction_wrongful",
        reviewer,
        day,
        sanction=sanction,
        faulty_records=["@R1" if city.name == "xiamen" else "@xiamen/R1"],
        authority="示例复核局",
        ruled_on=f"2026-{day}",
    )


def collected(xiamen: City) -> None:
    """Until R1 is disclosed: collected, told to the subject, and S1 rests on it."""
    subject = {"scheme": "uscc", "identifier": FIRM, "kind": "legal_person", "name": FIRM_NAME}
    xiamen.apply(
        line(
            "collect_record",
            SUPPLIER,
            "03-02",
            subject=subject,
            item="administrative_penalty",
            supplier=SUPPLIER,
            document_number="厦门示监处罚〔2026〕17号",
            decided_on="2026-02-27",
            legal_basis="《示例法》第一条",
            tier="general",
            publish_until="2027-02-27",
            amounts={"fine": "3.5"},
        )
        | {"as": "R1"},
        line(
            "serve_notice",
            SUPPLIER,
            "03-03",
            record="@R1",
            served_on="2026-03-03",
            channel="letter",
        ),
        imposed(PROCURER, "03-09", "limit_procurement", "@R1", "S1"),
        reported(PROCURER, "03-09", "@S1", "applied"),
    )


def disclosed(xiamen: City, others: tuple[City, ...]) -> None:
    """Two bundles, and both receipts the same day."""
    for other in others:
        xiamen.send(other.name, "03-10", "@R1")
        (told,) = delivered(xiamen, other, "03-10")
        assert [one["verdict"] for one in told["records"]] == ["accepted"]


def objected(xiamen: City) -> None:
    xiamen.apply(
        line(
            "file_objection",
            REGISTRAR,
            "03-20",
            record="@R1",
            filed_by="subject",
            filed_on="2026-03-20",
        )
        | {"as": "O1"},
        reported(PROCURER, "03-20", "@S1", "suspended"),
    )


def withdrawn(xiamen: City) -> None:
    day = "2026-04-24"
    xiamen.apply(
        line(
            "answer_objection",
            SUPPLIER,
            "04-24",
            objection="@O1",
            finding="wrong",
            answered_on=day,
        ),
        line(
            "withdraw_record",
            SUPPLIER,
            "04-24",
            record="@R1",
            cause="wrong_subject",
            fault=SUPPLIER,
            effective="from_beginning",
        ),
        ruled(xiamen, "04-24", "@S1"),
    )


def corrected(xiamen: City, other: City, by: str, sanction: str) -> list[dict[str, Any]]:
    """The withdrawal arrives, is carried out, and is answered, all on 04-27."""
    told = delivered(xiamen, other, "04-27")
    other.apply(
        reported(by, "04-27", f"@{sanction}", "lifted"), ruled(other, "04-27", f"@{sanction}")
    )
    delivered(other, xiamen, "04-27")
    return told


def play(cities: dict[str, City]) -> dict[str, list[dict[str, Any]]]:
    """The whole case; what each recipient made of the notices."""
    xiamen, zhangzhou, quanzhou = (cities[name] for name in ("xiamen", "zhangzhou", "quanzhou"))
    told: dict[str, list[dict[str, Any]]] = {}
    collected(xiamen)
    disclosed(xiamen, (zhangzhou, quanzhou))
    zhangzhou.apply(
        imposed(BUILDER, "03-12", "limit_bidding", "@xiamen/R1", "S2"),
        reported(BUILDER, "03-12", "@S2", "applied"),
    )
    quanzhou.apply(
        imposed(FUNDS, "03-16", "limit_fiscal_funds", "@xiamen/R1", "S3"),
        reported(FUNDS, "03-16", "@S3", "applied"),
    )
    objected(xiamen)
    told["zhangzhou"] = delivered(xiamen, zhangzhou, "03-23")
    zhangzhou.apply(reported(BUILDER, "03-23", "@S2", "suspended"))
    delivered(zhangzhou, xiamen, "03-23")
    told["quanzhou"] = delivered(xiamen, quanzhou, "03-24")
    delivered(quanzhou, xiamen, "03-24")
    quanzhou.apply(reported(FUNDS, "03-30", "@S3", "suspended"))
    delivered(quanzhou, xiamen, "03-30")
    withdrawn(xiamen)
    told["zhangzhou"] += corrected(xiamen, zhangzhou, BUILDER, "S2")
    told["quanzhou"] += corrected(xiamen, quanzhou, FUNDS, "S3")
    return told
