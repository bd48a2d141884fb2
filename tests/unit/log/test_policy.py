"""Witness policies: who counts, what is enough, and files that cannot be used."""

from __future__ import annotations

from itertools import combinations

import pytest

from ledger.log.policy import MAX_DEFINITIONS, MAX_POLICY_BYTES, Policy, PolicyMalformed
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing.keys import new_signing_key


def public(n: int) -> bytes:
    return new_signing_key(n.to_bytes(32, "big")).public


def witness(n: int) -> VerifierKey:
    return VerifierKey.from_raw(f"w{n}.example", public(n), SignatureType.COSIGNATURE)


LOG = VerifierKey.from_raw("log.example", public(100))
X1, X2, X3, Y1, Y2, Y3 = WITNESSES = tuple(map(witness, range(6)))
NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
LINES = "".join(f"witness {name} {key.vkey}\n" for name, key in zip(NAMES, WITNESSES, strict=True))
TWO_LEVELS = (
    f"log {LOG.vkey}\n\n{LINES}"
    "group X-witnesses 2 X1 X2 X3\n"
    "group Y-witnesses any Y1 Y2 Y3\n"
    "group X-and-Y all X-witnesses Y-witnesses\n"
    "quorum X-and-Y\n"
)


def test_the_example_of_the_specification() -> None:
    """Two of the three X and one of the three Y suffice, and nothing less does, in any mixture."""
    policy = Policy.parse(TWO_LEVELS.encode())
    assert policy.log_keys == (LOG,)
    assert policy.witness_keys == WITNESSES
    for count in range(7):
        for cosigners in combinations(WITNESSES, count):
            enough = len({X1, X2, X3} & {*cosigners}) >= 2 and bool({Y1, Y2, Y3} & {*cosigners})
            assert policy.satisfied_by(cosigners) is enough


@pytest.mark.parametrize(
    ("rest", "cosigners", "enough"),
    [
        ("quorum none", (), True),
        ("quorum X1", (), False),
        ("quorum X1", (X1,), True),
        ("quorum X1", (X2,), False),
        ("group all all X1 X2\nquorum all", (X1,), False),
        ("group all all X1 X2\nquorum all", (X1, X2), True),
        ("group any any X1 X2\nquorum any", (X2,), True),
        ("group 1 2 X1 X2\nquorum 1", (X2,), False),
        ("group 1 2 X1 X2\nquorum 1", (X2, X2), False),
        ("group g 1 X1\nquorum g", (X1, Y1), True),
    ],
)
def test_what_is_enough(rest: str, cosigners: tuple[VerifierKey, ...], enough: bool) -> None:
    """Single witnesses, thresholds, any, all and none, whatever groups are called."""
    assert Policy.parse((LINES + rest + "\n").encode()).satisfied_by(cosigners) is enough


def test_a_witness_is_its_key_not_its_name() -> None:
    """The same name over another key, or the same key for another type, does not count."""
    policy = Policy.parse((LINES + "quorum X1\n").encode())
    assert not policy.satisfied_by(
        [
            VerifierKey.from_raw(X1.name, public(50), SignatureType.COSIGNATURE),
            VerifierKey.from_raw(X1.name, X1.public),
            VerifierKey.from_raw("other", X1.public, SignatureType.COSIGNATURE),
        ]
    )


def test_spaces_comments_and_addresses_mean_nothing() -> None:
    """Tabs, several spaces, comments in any script and URLs change no verdict."""
    loose = (
        f"# 伙伴\n\n \t# indented\n\tlog  {LOG.vkey}\thttps://log.example/ \n"
        f"quorum none\nwitness\tX1   {X1.vkey}  \n"
    )
    policy = Policy.parse(loose.encode())
    assert policy.logs[0].url == "https://log.example/"
    assert policy.witnesses[0].url is None
    assert policy.quorum is None
    assert Policy.parse(policy.to_bytes()) == policy


def test_a_policy_survives_its_bytes() -> None:
    """Two levels of groups are written and read back the same."""
    policy = Policy.parse(TWO_LEVELS.encode())
    assert Policy.parse(policy.to_bytes()) == policy


def test_as_many_as_the_bound_are_read() -> None:
    """128 logs, witnesses and groups are read, one more of a kind is refused."""
    parts = {
        "log": [f"log {VerifierKey.from_raw('l', public(200 + n)).vkey}" for n in range(129)],
        "witness": [f"witness w{n} {witness(n).vkey}" for n in range(129)],
        "group": [f"group g{n} 1 w{n}" for n in range(128)],
    }
    full = [line for lines in parts.values() for line in lines[:MAX_DEFINITIONS]]
    text = "\n".join([*full, "quorum g127\n"])
    assert len(Policy.parse(text.encode()).groups) == MAX_DEFINITIONS >= 32
    for one in (parts["log"][128], parts["witness"][128], "group more all g1"):
        with pytest.raises(PolicyMalformed) as caught:
            Policy.parse(f"{text}{one}\n".encode())
        assert caught.value.fields["line"] == len(full) + 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("quorum none", 1),
        ("quorum none\r\n", 1),
        ("\n\n", 0),
        ("# quorum none\n", 0),
        ("quorum none # comment\n", 1),
        ("quorum none\nquorum none\n", 2),
        ("quorum X1\n" + LINES, 1),
        (LINES + "quorum X9\n", 7),
        (LINES + "quorum\n", 7),
        ("Quorum none\n", 1),
        ("quorum\u3000none\n", 1),
        ("quorum\u00a0none\n", 1),
        ("quorum none\0\n", 1),
        ("quorum none\x7f\n", 1),
        ("log\nquorum none\n", 1),
        (f"log {LOG.vkey} a b\nquorum none\n", 1),
        (f"log {X1.vkey}\nquorum none\n", 1),
        (f"log {LOG.vkey[:-1]}\nquorum none\n", 1),
        (f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n", 2),
        (f"log {LOG.vkey}\nlog {VerifierKey.from_raw('b', LOG.public).vkey}\nquorum none\n", 2),
        (f"witness X1 {LOG.vkey}\nquorum none\n", 1),
        (f"witness none {X1.vkey}\nquorum none\n", 1),
        (f"witness {X1.vkey}\nquorum none\n", 1),
        (LINES + f"witness X1 {witness(9).vkey}\nquorum none\n", 7),
        (LINES + f"witness Z1 {X1.vkey}\nquorum none\n", 7),
        (LINES + "group X1 any X2\nquorum none\n", 7),
        (LINES + "group none any X2\nquorum none\n", 7),
        (LINES + "group g any\nquorum none\n", 7),
        (LINES + "group g\nquorum none\n", 7),
        (LINES + "group g any none\nquorum none\n", 7),
        (LINES + "group g any g\nquorum none\n", 7),
        (LINES + "group g any X9\nquorum none\n", 7),
        (LINES + "group g any X1 X1\nquorum none\n", 7),
        (LINES + "group g any X1\ngroup h any X1\nquorum none\n", 8),
        (LINES + "group g 0 X1\nquorum none\n", 7),
        (LINES + "group g 2 X1\nquorum none\n", 7),
        (LINES + "group g 01 X1\nquorum none\n", 7),
        (LINES + "group g +1 X1\nquorum none\n", 7),
        (LINES + "group g -1 X1\nquorum none\n", 7),
        (LINES + "group g １ X1\nquorum none\n", 7),
        (LINES + f"group g {'1' * 5000} X1\nquorum none\n", 7),
        (LINES + "group g Any X1\nquorum none\n", 7),
        ("#" * MAX_POLICY_BYTES + "\nquorum none\n", 0),
    ],
)
def test_a_file_that_says_nothing_certain_is_refused(text: str, line: int) -> None:
    """Unknown words, names used before or twice, wrong keys and numbers: refused, with the line."""
    with pytest.raises(PolicyMalformed) as caught:
        Policy.parse(text.encode())
    assert caught.value.fields["line"] == line
    assert all(caught.value.message(language) for language in ("en", "zh-CN", "zh-TW"))


def test_text_that_is_not_utf8_is_refused() -> None:
    """Octets that are no UTF-8 are refused, in comments too: nobody could be shown them."""
    with pytest.raises(PolicyMalformed):
        Policy.parse(b"# \xff\nquorum none\n")
