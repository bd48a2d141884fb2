"""``rules``, ``schema`` and ``audit`` on the command line."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from ledger.rules import load_default
from tests.integration.driving import Founded, call, process
from tests.integration.material import FIRM, OFFICER, at, by, collect


def _pack(path: Path, change: Any) -> Path:
    document = json.loads(load_default().to_json())
    change(document)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def _new_version(document: Any) -> None:
    document["version"] = document["version"] + 1


def test_schemas_name_every_event_and_command(tmp_path: Path) -> None:
    """One JSON document each, with terms, roles and fields; no home is needed."""
    events, commands = call("schema", "events"), call("schema", "commands")
    assert events.code == commands.code == 0
    assert "归集" in events.out
    listed = commands.json["commands"]
    needed = {
        "collect_record", "serve_notice", "impose_sanction", "report_enforcement",
        "file_objection", "answer_objection", "withdraw_record", "rule_sanction_wrongful",
    }  # fmt: skip
    assert needed <= set(listed)
    assert listed["serve_notice"]["roles"] == ["registrar", "supplier"]
    assert call("schema").code == 2
    assert call("schema", "other").code == 2


def test_rules_are_shown_with_sources_and_checked(tmp_path: Path, embedded: Founded) -> None:
    """The default pack and the one in force at a node; the check is 0 when sound, 1 when not."""
    shown = call("rules", "show", "--json")
    assert shown.code == 0
    assert "measures" in shown.json
    assert embedded.call("rules", "show", "--json").json == shown.json
    assert set(call("rules", "show", "--section", "measures", "--json").json) == {"measures"}
    assert call("rules", "show", "--section", "nothing").code == 2
    assert call("rules", "show", "--on", "2026-03-01").code == 0
    assert set(call("rules", "check", "--json").json) == {"ok", "findings"}
    assert call("rules", "check").code == 0

    def broken(document: Any) -> None:
        document["measures"][0]["in_force_until"] = "1900-01-01"

    bad = _pack(tmp_path / "bad.json", broken)
    done = call("rules", "check", bad, "--json")
    assert (done.code, done.json["ok"]) == (1, False)
    size = embedded.size()
    assert embedded.call("rules", "adopt", bad).code == 2
    assert embedded.size() == size


def test_answers_as_known_before_an_adoption_stay(simulated: Founded, tmp_path: Path) -> None:
    """A pack adopted later, in force from long ago, changes no answer as known before; what is
    decided after it goes by it."""
    assert simulated.apply(tmp_path, [collect(1, tier=None, publish_until=None)]).code == 0
    with simulated.opened() as node:
        size = node.store.size()
    asked = (
        "history",
        FIRM,
        *OFFICER,
        "--valid-at",
        "2026-06-01",
        "--known-at",
        str(size),
        "--json",
    )
    before = simulated.call(*asked).json

    def no_measures(document: Any) -> None:
        _new_version(document)
        document["measures"] = [
            each for each in document["measures"] if each["code"] != "limit_procurement"
        ]

    pack = _pack(tmp_path / "new.json", no_measures)
    done = simulated.call("rules", "adopt", pack, "--from", "2004-01-01")
    assert done.code == 0, done.err
    assert simulated.types()[-1] == "RulePackAdopted"
    assert simulated.call(*asked).json == before
    shown = simulated.call("rules", "show", "--json").json
    assert "limit_procurement" not in {each["code"] for each in shown["measures"]}
    again = simulated.call("rules", "adopt", pack, "--from", "2004-01-01")
    assert again.code == 3
    assert simulated.call("audit", "--json").json["ok"]


def test_a_pack_is_adopted_with_its_content_only(embedded: Founded, tmp_path: Path) -> None:
    """By its digest alone only a pack that the node holds already; else it would stand without
    rules."""
    line = {
        "command": "adopt_rule_pack", "by": by("xiamen"), "pack": "x", "version": "1",
        "digest": "ab" * 32, "in_force_from": "2004-01-01",
    }  # fmt: skip
    done = embedded.apply(tmp_path, [line])
    assert [each["error"] for each in done.json["refused"]] == ["pack_not_here"]
    assert embedded.apply(tmp_path, [collect(1)]).code == 0


def test_an_audit_names_index_and_kind_and_ends_with_1(embedded: Founded, tmp_path: Path) -> None:
    """The fixed JSON, clean and with a fault; an audit writes nothing."""
    assert embedded.apply(tmp_path, [collect(1, at=at("03-02"))]).code == 0
    size = embedded.tree_size()
    clean = embedded.call("audit", "--json")
    assert (clean.code, clean.json) == (0, {"ok": True, "entries": size, "faults": []})
    database = sqlite3.connect(embedded.home / "ledger.sqlite")
    database.execute("DROP TRIGGER entries_no_UPDATE")
    database.execute("UPDATE entries SET signature = zeroblob(64) WHERE rowid = ?", (size,))
    database.commit()
    database.close()
    found = embedded.process("audit", "--json")
    assert found.code == 1
    assert set(found.json) == {"ok", "entries", "faults", "remarks"}
    assert [each["kind"] for each in found.json["remarks"]] == ["triggers_altered"]
    (fault,) = found.json["faults"]
    assert set(fault) == {"index", "kind", "detail"}
    assert (fault["index"], fault["kind"]) == (size - 1, "bad_signature")
    told = embedded.call("audit")
    assert told.code == 1
    assert "bad_signature" in told.out
    assert embedded.tree_size() == size


def test_an_internal_error_is_one_line_and_a_trace_in_the_log(embedded: Founded) -> None:
    """Exit 70; the trace goes to the home's log, not to the person."""
    program = (
        "import sys\n"
        "import api.cli.audit\n"
        "def broken(*_, **__): raise RuntimeError('on purpose')\n"
        "api.cli.audit.audit_log = broken\n"
        "from api.cli.main import main\n"
        "main(sys.argv[1:])\n"
    )
    import subprocess
    import sys

    from tests.integration.driving import ROOT, environment

    done = subprocess.run(
        [sys.executable, "-c", program, "audit", "--home", str(embedded.home)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (70, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "on purpose" in done.stderr
    trace = embedded.home / "logs" / "trace.log"
    assert str(trace) in done.stderr
    assert "Traceback" in trace.read_text()
    assert trace.stat().st_mode & 0o077 == 0


def test_help_and_version_need_nothing(tmp_path: Path) -> None:
    """``--help`` of every command ends with 0; no command at all, or an unknown one, with 2."""
    for words in (
        (), ("init",), ("key", "new"), ("organisation", "admit"), ("submission", "sign"),
        ("import",), ("apply",), ("history",), ("audit",), ("schema",), ("rules", "adopt"),
    ):  # fmt: skip
        done = call(*words, "--help")
        assert (done.code, done.err) == (0, "")
    assert call("frobnicate").code == 2
    assert process("import", "x").code == 2


def test_every_sentence_is_there_in_three_languages(embedded: Founded, tmp_path: Path) -> None:
    """The same command in zh-CN and zh-TW; JSON keys and codes never change."""
    from api.cli.main import run

    assert run(["--lang", "zh-CN", "audit", "--home", str(embedded.home)]) == 0
    import contextlib
    import io

    texts = []
    for language in ("zh-CN", "zh-TW"):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            run(["--lang", language, "audit", "--home", str(embedded.home)])
        texts.append(out.getvalue())
    assert texts[0] != texts[1]
    assert "条目" in texts[0]
    assert "條目" in texts[1]
