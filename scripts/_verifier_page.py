"""One HTML file of the verifier's modules, its page and libsodium; the same bytes every time.

Each module becomes a function that is called once, in the order of imports; nothing is
minified, so that whoever wants to can read what the page does. What the page may do is told
to the browser by the hashes of its scripts and of its style: nothing else runs, and no
address can be asked for.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ROOT / "api" / "pages" / "verifier"
PAGE: Final = ROOT / "docs" / "verifier.html"

LIBRARY: Final = "vendor/libsodium-sumo.mjs"
LIBRARY_SHA256: Final = "4c94708f7e78eac7a32b29e2ce0ff96f4bd599d78c129f27bf8a061e20776c8c"
"""Of dist/modules-sumo-esm/libsodium-sumo.mjs in the package libsodium-sumo 0.8.4 of npm."""

_IMPORT: Final = re.compile(
    r'^import (?P<what>\{[^}]*\}|\w+) from "\./(?P<name>[\w./-]+\.mjs)";\n', re.MULTILINE
)
_EXPORT: Final = re.compile(
    r"^export (?=(?:async )?(?:function\*?|class|const|let) (?P<name>\w+))", re.MULTILINE
)
_EXPORTED: Final = re.compile(r"^export \{(?P<names>[^}]*)\};\n", re.MULTILINE)


def page() -> str:
    """The file's text."""
    parts = {
        "style": "\n" + _read("page.css"),
        "engine": _bundle("worker.mjs"),
        "page": _bundle("page.mjs"),
    }
    for text in parts.values():
        assert "</" + "script" not in text
        assert "<!" + "--" not in text
    hashes = {name: _hash(text) for name, text in parts.items()}
    policy = (
        f"default-src 'none'; script-src {hashes['engine']} {hashes['page']} 'wasm-unsafe-eval'; "
        f"style-src {hashes['style']}; worker-src blob:; base-uri 'none'; form-action 'none'"
    )
    licence = "libsodium 0.8.4 is part of this file. Its licence:\n\n" + _read("vendor/LICENSE")
    assert "--" not in licence
    values = parts | {"policy": policy, "licence": licence.strip()}
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], _read("page.html"))


def _read(name: str) -> str:
    return (SOURCES / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _bundle(root: str) -> str:
    """A script that runs ``root`` after all that it imports."""
    order: list[str] = []
    _follow(root, (), order)
    return '\n"use strict";\n' + "\n".join(_wrapped(name) for name in order)


def _follow(name: str, above: tuple[str, ...], order: list[str]) -> None:
    assert name not in above, f"{name} imports itself: {' '.join(above)}"
    if name in order:
        return
    for found in _IMPORT.finditer(_text(name)):
        _follow(found["name"], (*above, name), order)
    order.append(name)


def _text(name: str) -> str:
    text = _read(name)
    if name != LIBRARY:
        return text
    assert sha256(text.encode()).hexdigest() == LIBRARY_SHA256
    # The two places that only a module may have.
    assert text.count("import.meta.url") == text.count("export default A;") == 1
    return text.replace("import.meta.url", '""').replace("export default A;", "return A;")


def _wrapped(name: str) -> str:
    text = _text(name)
    if name == LIBRARY:
        return f"const {_variable(name)} = (() => {{{text}}})();\n"
    names: list[str] = []

    def exported(found: re.Match[str]) -> str:
        names.append(found["name"])
        return ""

    def listed(found: re.Match[str]) -> str:
        names.extend(one.strip() for one in found["names"].split(",") if one.strip())
        return ""

    text = _IMPORT.sub(lambda found: f"const {found['what']} = {_variable(found['name'])};\n", text)
    text = _EXPORTED.sub(listed, _EXPORT.sub(exported, text))
    assert not re.search(r"^(?:import|export)\b", text, re.MULTILINE), f"{name}: unread import"
    returned = f"return {{ {', '.join(names)} }};\n" if names else ""
    return f"// {name}\nconst {_variable(name)} = (() => {{\n{text}{returned}}})();\n"


def _variable(name: str) -> str:
    return "module_" + re.sub(r"\W", "_", name.rpartition("/")[2].removesuffix(".mjs"))
