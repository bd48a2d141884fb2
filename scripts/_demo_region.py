"""The part of the demo in which four nodes are founded and agree on whose keys count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scripts import _demo_case as case

if TYPE_CHECKING:
    from scripts._demo_stage import Stage

FOUNDED: Final = ("--at", "2026-03-01T09:00:00+08:00")
ISSUED: Final = "2026-03-02T09:30:00+08:00"
EXPIRES: Final = "2027-03-02T00:00:00+08:00"
WITNESS: Final = "witness"
"""The node that only cosigns."""

POLICY: Final = "witnesses.txt"
LIST: Final = "list.json"
GOVERNORS: Final = tuple(f"governor-{node}.key" for node in case.REGIONS)
THRESHOLD: Final = 2


def found(stage: Stage) -> None:
    """Four homes, each named as its node."""
    stage.heading("found")
    stage.tell("found_why")
    for node, region in (*case.REGIONS.items(), (WITNESS, "350000")):
        named = ("--home", node, "--node", node, "--region", region)
        stage.ledger("init", *named, "--simulated-clock", *FOUNDED)


def admit(stage: Stage, supplier: case.Body) -> None:
    """The bodies of each city; the supplier has a key of its own."""
    stage.heading("admit")
    stage.tell("admit_why")
    stage.ledger("key", "new", "-o", "supplier.key")
    for node, bodies in case.BODIES.items():
        for body in (supplier, *bodies) if node == "xiamen" else bodies:
            roles = [word for role in body.roles for word in ("--role", role)]
            key = ("--key", "supplier.key.pub") if body is supplier else ()
            stage.ledger(
                "organisation", "admit", "--home", node, "--id", body.code, "--name", body.name,
                *roles, *key, *FOUNDED,
            )  # fmt: skip


def agree(stage: Stage) -> None:
    """The witness's policy, the list that two of three governors sign, and the services."""
    stage.heading("witness")
    stage.tell("witness_why")
    stage.serve(("witness", "serve", "--home", WITNESS))
    vkey = stage.ledger("witness", "status", "--home", WITNESS, "--vkey", quiet=True).strip()
    policy = f"witness {WITNESS} {vkey} {stage.urls[WITNESS]}\nquorum {WITNESS}\n"
    (stage.folder / POLICY).write_text(policy, "utf-8")
    stage.tell("policy", file=POLICY)
    print(policy, end="")
    for node in case.REGIONS:
        stage.ledger("witness", "policy", POLICY, "--home", node)
    _make_list(stage)
    stage.ledger("witness", "watch", "--home", WITNESS, "--trust", LIST)
    for node in case.REGIONS:
        stage.ledger("trust", "adopt", LIST, "--home", node, "--operator", "op-7", "--at", ISSUED)
    stage.heading("serve")
    stage.tell("serve_why")
    stage.serve(*(("exchange", "serve", "--home", node, *labels(node)) for node in case.REGIONS))


def _make_list(stage: Stage) -> None:
    stage.heading("list")
    stage.tell("list_why")
    members = [f"{node}.json" for node in case.REGIONS]
    for node, member in zip(case.REGIONS, members, strict=True):
        stage.ledger("trust", "export", "--home", node, "-o", member)
    for governor in GOVERNORS:
        stage.ledger("key", "new", "-o", governor)
    named = [word for governor in GOVERNORS for word in ("--governor", f"{governor}.pub")]
    stage.ledger(
        "trust", "make", *members, *named, "--threshold", str(THRESHOLD), "--issued", ISSUED,
        "--expires", EXPIRES, "-o", "draft.json",
    )  # fmt: skip
    stage.ledger("trust", "sign", "draft.json", "--key", GOVERNORS[0], "-o", LIST)
    stage.ledger("trust", "sign", LIST, "--key", GOVERNORS[1], "-o", LIST)
    stage.ledger("trust", "check", LIST)


def labels(node: str) -> tuple[str, str]:
    return ("--labels", f"{node}.labels.json")
