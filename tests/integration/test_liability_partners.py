"""``liability`` and ``affected`` at the origin, with the signed entries of two partners."""

from __future__ import annotations

import json
import shutil
import sqlite3
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ledger.entry import Actor, PendingEvent, StreamId
from ledger.events.base import Facts
from ledger.events.disputes import ObjectionFiled
from ledger.events.exchange import (
    CorrectionAcknowledged,
    CorrectionNotified,
    EnforcementStatusReceived,
)
from ledger.events.records import RecordWithdrawn
from ledger.home import STORE_FILE
from ledger.log.trust import Trust
from ledger.signing.canonical import canonical
from ledger.signing.dsse import STATEMENT, Envelope
from tests.integration.driving import Founded, call
from tests.integration.material import FOUNDED_AT, OFFICER, SUPPLIER, admit_all, at
from tests.integration.test_history import CASE
from tests.unit.projections.liability.building import (
    LEGAL_ZONE,
    M2,
    M3,
    N2,
    N3,
    S2,
    S3,
    World,
    day,
    fact,
    lifted,
    suspended,
)
from tests.unit.projections.liability.wrapping import Partner, digest_of

KNOWN = ("--known-at", "2026-04-30T12:00:00Z")
ASKED = (*OFFICER, "--at", at("04-30"))
SANCTIONS = {"zhangzhou": S2, "quanzhou": S3}


class Region:
    """xiamen as it is run, and two partners as ``World`` has them; every act on its day."""

    def __init__(self, node: Founded, folder: Path) -> None:
        self.node, self.folder = node, folder
        self.labels, self.trust = folder / "labels.json", folder / "trust.json"
        self.world = World()
        self._apply(CASE[:4])
        self.record = str(json.loads(self.labels.read_text())["R1"])
        with node.opened() as opened:
            found = opened.holder(self.record)
            assert found is not None
            self.subject: UUID = found
        self._share()
        self._apply(CASE[4:6])
        self._object()
        self._apply(CASE[6:])
        self._withdraw()
        self._trusted()

    def _apply(self, lines: list[Any]) -> None:
        done = self.node.apply(self.folder, lines, "--labels", self.labels)
        assert done.code == 0, done.out

    def enter(self, on: str, *facts: Facts, kept: Envelope | None = None) -> None:
        """As a transaction of the node, with a message that it keeps."""
        ten = datetime.combine(day(on), time(10), LEGAL_ZONE).astimezone(UTC)
        key = StreamId("subject", self.subject).key
        with self.node.opened() as node:
            node.registry()
            seq = node.store.heads((key,))[key].seq
            events = [
                PendingEvent(key, seq + number, each, Actor(node.name, "op-7"))
                for number, each in enumerate(facts, 1)
            ]
            manifests = () if kept is None else ((digest_of(kept), kept.to_json()),)
            node.save(events, day(on), ten, manifests)

    def _read(self) -> None:
        """What is known at xiamen, for what partners enter from it."""
        with self.node.opened() as node:
            self.world.logs["xiamen"] = list(node.entries(self.subject))

    def _share(self) -> None:
        self._read()
        own = len(self.world.logs["xiamen"])
        for each in SANCTIONS:
            self.world.disclose("xiamen", each, "03-10", record=self.record)
        self.enter("03-10", *(e.facts for e in self.world.logs["xiamen"][own:]))
        self.world.impose("zhangzhou", "03-12", S2, self.record)
        self.world.impose("quanzhou", "03-16", S3, self.record)

    def _notify(self, on: str, recipient: str, notice: str, act: str, required: str) -> None:
        members = {"act": act, "required": required, "due_on": date(2026, 5, 1)}
        made = fact(
            CorrectionNotified, notice=notice, record=self.record, recipient=recipient, **members
        )
        self.enter(on, made)

    def _object(self) -> None:
        self._notify("03-20", "zhangzhou", N2, "objection", "suspend")
        self._notify("03-20", "quanzhou", N3, "objection", "suspend")
        self._read()
        for node, on, notice, sanction in (
            ("zhangzhou", "03-23", N2, S2),
            ("quanzhou", "03-24", N3, S3),
        ):
            self.world.receive(
                node, on, notice, "objection", ObjectionFiled,
                suspended(sanction, notice, on), record=self.record,
                objection=json.loads(self.labels.read_text())["O1"], filed_on=day("03-20"),
                registrar=CASE[4]["by"]["organisation"],
            )  # fmt: skip
            if node == "zhangzhou":
                self.world.report(node, on, sanction, "suspended")
            self._answered(on, node, notice)
        self.world.report("quanzhou", "03-30", S3, "suspended")

    def _withdraw(self) -> None:
        self._notify("04-24", "zhangzhou", M2, "withdrawal", "lift")
        self._notify("04-24", "quanzhou", M3, "withdrawal", "lift")
        self._read()
        for node, notice in (("zhangzhou", M2), ("quanzhou", M3)):
            sanction = SANCTIONS[node]
            self.world.receive(
                node, "04-27", notice, "withdrawal", RecordWithdrawn,
                lifted(sanction, "record_withdrawn", "04-27"), record=self.record, fault=SUPPLIER,
            )  # fmt: skip
            self.world.report(node, "04-27", sanction, "lifted")
            self.world.rule(node, "04-27", sanction, self.record)
            self._answered("04-27", node, notice)
        # Once more by itself: what was said before is said again.
        partner = Partner("quanzhou", self.world.logs["quanzhou"])
        status = partner.status(S3, self.record)
        told = fact(
            EnforcementStatusReceived, record=self.record, recipient="quanzhou",
            status=self._status(partner), attached=digest_of(status),
        )  # fmt: skip
        self.enter("04-28", told, kept=status)

    def _status(self, partner: Partner) -> dict[str, Any]:
        sanction = SANCTIONS[partner.node]
        value = json.loads(partner.status(sanction, self.record).payload)
        return {name: value[name] for name in ("sanction", "enforcer", "state", "reported_on")}

    def _answered(self, on: str, node: str, notice: str) -> None:
        partner = Partner(node, list(self.world.logs[node]))
        answer = partner.acknowledgement(notice, self.record, SANCTIONS[node])
        told = fact(
            CorrectionAcknowledged, notice=notice, record=self.record, recipient=node,
            verdict="applied", received_at=json.loads(answer.payload)["received_at"],
            statuses=[self._status(partner)], attached=digest_of(answer),
        )  # fmt: skip
        self.enter(on, told, kept=answer)

    def _trusted(self) -> None:
        assert self.node.call("trust", "export", "-o", self.trust).code == 0
        own = Trust.parse(self.trust.read_bytes())
        partners = [Partner(node, self.world.logs[node]).trusted() for node in SANCTIONS]
        whole = Trust(
            own.version, own.issued_at,
            (*own.nodes, *(node for node, _ in partners)),
            (*own.keys, *(key for _, key in partners)),
            own.organisations, own.policy_text,
        )  # fmt: skip
        (self.folder / "own.json").write_bytes(self.trust.read_bytes())
        self.trust.write_bytes(whole.to_json())

    # -- asking --------------------------------------------------------------------

    def told(self, *options: str | Path) -> Any:
        done = self.node.call("liability", *options, "--json", *ASKED)
        assert done.code == 0, done.err
        return done.json

    def affected(self, *options: str) -> dict[str, int]:
        done = self.node.call("affected", "--record", self.record, "--json", *options, *ASKED)
        assert done.code == 0, done.err
        names = ("subjects", "sanctions", "enforcers", "recipients", "unacknowledged")
        return {name: len(done.json[name]) for name in names}

    def signed(self, sanction: str = S3, *options: str | Path) -> Path:
        file = self.folder / "report.json"
        done = self.node.call("liability", sanction, "--statement", file, *ASKED, *options)
        assert done.code == 0, done.err
        return file

    def verdict(self, file: Path, trust: Path | None = None) -> str:
        done = call("verify", file, "--trust", trust or self.trust, "--json")
        return f"{done.json['verdict']} {done.json['reason']}"


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Region:
    folder = tmp_path_factory.mktemp("region")
    home = folder / "home"
    done = call("init", "--home", home, "--node", "xiamen", "--region", "350200",
                "--simulated-clock", "--at", FOUNDED_AT)  # fmt: skip
    assert done.code == 0, done.err
    node = Founded(home, "xiamen")
    admit_all(node)
    return Region(node, folder)


def _days(told: Any) -> dict[str, int]:
    return {f"{each['role']} {each['party']}": each["days"] for each in told["days"]["parties"]}


def test_each_partners_row_is_told_at_the_origin_to_the_day(region: Region) -> None:
    """S2 and S3 by their id alone, under the subject's own stream here."""
    assert _days(region.told(S2)) == {f"supplier {SUPPLIER}": 9, "node xiamen": 2}
    third = region.told(S3)
    assert _days(third) == {
        f"supplier {SUPPLIER}": 5, "node xiamen": 4, "enforcer ZIJIN": 5
    }  # fmt: skip
    assert third["subject"] == str(region.subject)
    assert all(len(step["digest"]) == 64 for step in third["trail"])


def test_all_that_rest_on_the_record(region: Region) -> None:
    """Three sanctions of three nodes, 36 days."""
    told = region.told("--record", region.record)
    assert told["days"] == {"total": 36}
    assert [each["node"] for each in told["sanctions"]] == ["xiamen", "zhangzhou", "quanzhou"]


def test_before_a_partner_answered_its_sanction_is_not_known(region: Region) -> None:
    """As known on 22 March S2 is no sanction that anybody here can tell of."""
    known = ("--known-at", "2026-03-22T12:00:00Z")
    done = region.node.call("liability", S2, *known, "--json", *ASKED)
    assert done.code == 2
    assert "no entry known at size" in done.err
    told = region.told("--record", region.record, *known)
    assert [each["node"] for each in told["sanctions"]] == ["xiamen"]


def test_the_blast_radius_counts_what_partners_said(region: Region) -> None:
    """One subject, three sanctions, three enforcers, two recipients; then who did not answer."""
    whole = {"subjects": 1, "sanctions": 3, "enforcers": 3, "recipients": 2}
    assert region.affected(*KNOWN) == {**whole, "unacknowledged": 0}
    known = ("--known-at", "2026-04-25T12:00:00Z")
    assert region.affected(*known) == {**whole, "unacknowledged": 2}
    before = region.affected("--known-at", "2026-03-22T12:00:00Z")
    assert before == {"subjects": 1, "sanctions": 1, "enforcers": 1, "recipients": 2,
                      "unacknowledged": 2}  # fmt: skip


def test_without_read_models_the_log_leads_to_it(region: Region) -> None:
    """A partner's sanction is found by what the entries say of it."""
    with region.node.opened() as node:
        assert node.holder(S3) == region.subject
        assert node.holder("01953f00-0000-7000-8000-0000000000a3") is None


def test_the_public_sees_days_and_bodies_and_no_id_of_what_is_not_published(
    region: Region,
) -> None:
    """The record is withdrawn: neither it nor its subject is named, in any form."""
    for form in ("json", "prov", "svg", "html"):
        done = region.node.call("liability", S2, "--format", form)
        assert done.code == 0, done.err
        for each in (region.record, str(region.subject), "op-7", "JIANSHE-1"):
            assert each not in done.out, (form, each)
    done = region.node.call("liability", "--record", region.record, "--json")
    assert done.json["days"] == {"total": 36}
    assert S2 not in done.out


def test_damage_to_a_kept_message_is_told_by_its_digest(region: Region, tmp_path: Path) -> None:
    """The command ends as with any damage: which message, which entry, what to do."""
    with region.node.opened() as node:
        digest = next(
            e.facts.attached
            for e in node.entries(region.subject)
            if isinstance(e.facts, CorrectionAcknowledged) and e.facts.attached
        )
    home = tmp_path / "home"
    shutil.copytree(region.node.home, home)
    with sqlite3.connect(home / STORE_FILE) as connection:
        for (trigger,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("DELETE FROM manifests WHERE digest = ?", (digest,))
    connection.close()
    done = call("liability", S2, "--home", home, "--json")
    assert done.code == 2
    assert digest in done.err


# -- the signed report -----------------------------------------------------------------


@pytest.mark.parametrize(("sanction", "message"), [(S2, 2), (S3, 3)])
def test_the_signed_report_and_its_page_are_believed(
    region: Region, sanction: str, message: int
) -> None:
    """By who trusts all three nodes; the page names each partner's entry and its message."""
    page = region.folder / "report.html"
    signed = region.signed(sanction, "--format", "html", "-o", page)
    assert region.verdict(signed) == "VALID verified"
    assert region.verdict(page) == "VALID verified"
    payload = json.loads(Envelope.from_json(signed.read_bytes(), max_bytes=1 << 24).payload)
    text = page.read_text("utf-8")
    assert len(payload["attached"]) == 5
    for step in payload["answer"]["trail"]:
        assert step["digest"] in text
    assert digest_of(Envelope.from_value(payload["attached"][message])) in text


def test_who_does_not_know_a_partner_cannot_tell(region: Region) -> None:
    """The partners' entries are believed by the reader's own trust file alone."""
    verdict = region.verdict(region.signed(), region.folder / "own.json")
    assert verdict == "INDETERMINATE unknown_log"


def _turned(envelope: dict[str, Any]) -> None:
    """Another signature."""
    sig = envelope["signatures"][0]["sig"]
    envelope["signatures"][0]["sig"] = ("B" if sig[0] == "A" else "A") + sig[1:]


def _forged(envelope: dict[str, Any]) -> dict[str, Any]:
    """Other words under the partner's own key: what the partner never said."""
    value = json.loads(b64decode(envelope["payload"]))
    value["issued_at"] = "2026-04-29T02:00:00.000000Z"
    partner = Partner(value["sender"], ())
    made = Envelope.signed(partner.key, envelope["payloadType"], canonical(value, max_depth=40))
    return made.to_value()


ALTERED: dict[str, tuple[Callable[[Any], object], str]] = {
    "left out": (lambda v: v["attached"].pop(), "INVALID attached_differs"),
    "none at all": (lambda v: v.pop("attached"), "INVALID attached_differs"),
    "in another order": (lambda v: v["attached"].reverse(), "INVALID attached_differs"),
    "one more": (
        lambda v: v["attached"].append(v["attached"][0]), "INVALID attached_differs",
    ),
    "other words": (
        lambda v: v["attached"].append(_forged(v["attached"].pop())), "INVALID attached_differs",
    ),
    "another signature": (lambda v: _turned(v["attached"][0]), "INVALID signature_fails"),
    "another kind": (
        lambda v: v["attached"][0].update(payloadType=STATEMENT), "INVALID malformed",
    ),
    "no envelope": (lambda v: v["attached"].append({"payload": 1}), "INVALID malformed"),
    "fewer days": (lambda v: v["answer"]["days"].update(total=1), "INVALID answer_differs"),
    "an earlier fold": (lambda v: v.update(fold_version=1), "INDETERMINATE fold_unknown"),
}  # fmt: skip


@pytest.mark.parametrize("change", ALTERED)
def test_no_altered_attachment_is_believed(region: Region, change: str) -> None:
    """Also where the node itself signs the report anew around it."""
    alter, reason = ALTERED[change]
    signed = Envelope.from_json(region.signed().read_bytes(), max_bytes=1 << 24)
    value = json.loads(signed.payload)
    alter(value)
    with region.node.opened() as node:
        made = Envelope.signed(node.signing_key, STATEMENT, canonical(value, max_depth=40))
    bad = region.folder / "bad.json"
    bad.write_bytes(made.to_json())
    assert region.verdict(bad) == reason
