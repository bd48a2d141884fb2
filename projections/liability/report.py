"""A trail as a page to read and to print: Chinese and English side by side.

One file without script, without anything from elsewhere. With its signed statement inside, each
line of the trail shows its entry, digest and inclusion proof, and the whole page is a function
of that statement: ``projections.liability.page_check`` makes it again and compares. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ledger.clock import LEGAL_OFFSET
from ledger.errors import Phrase
from ledger.signing import base64text
from projections.liability.limits import TEXTS
from projections.liability.markup import text
from projections.liability.model import Role, Step, Trail
from projections.liability.phrases import ACTS, OPEN, ROLES, Chinese, phrase
from projections.liability.report_style import STYLE
from projections.liability.report_words import WORDS
from projections.liability.svg import draw
from projections.statement import ShownEntry

PAGE_VERSION: Final = 2
"""Another number means that the same statement may be shown otherwise."""

START: Final = '<script type="application/json" id="signed-statement">'
END: Final = "</script>"

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Proven:
    """What a signed report adds: the envelope, and of each own entry its signed bytes."""

    envelope: bytes
    checkpoint: str
    tree_size: int
    entries: Mapping[int, ShownEntry] = field(repr=False)


def render(
    trail: Trail, chinese: Chinese, *, subject: str | None, proven: Proven | None = None
) -> bytes:
    """The page. ``subject`` is None where the reader is not told whom it is about."""
    return _Page(trail, chinese, subject, proven).made().encode()


@dataclass(frozen=True, slots=True)
class _Page:
    trail: Trail
    chinese: Chinese
    subject: str | None
    proven: Proven | None

    # -- pieces ------------------------------------------------------------------

    def pair(self, found: Phrase) -> str:
        """Chinese, and English below it; once where they are the same."""
        one, other = found.message(self.chinese), found.message("en")
        return text(one) if one == other else f'{text(one)}<small lang="en">{text(other)}</small>'

    def word(self, code: str) -> str:
        return self.pair(WORDS[code])

    def heading(self, code: str) -> str:
        return f"<h2>{self.word(code)}</h2>"

    def sides(self, phrases: Sequence[Phrase], tag: str = "p") -> Iterator[str]:
        """Chinese on the left, English on the right."""
        outer = ("<ul>", "</ul>") if tag == "li" else ("", "")
        yield '<div class="sides">'
        for language, code in ((self.chinese, self.chinese), ("en", "en")):
            lines = "".join(f"<{tag}>{text(each.message(language))}</{tag}>" for each in phrases)  # type: ignore[arg-type]
            yield f'<div lang="{code}">{outer[0]}{lines}{outer[1]}</div>'
        yield "</div>"

    def plain(self, code: str) -> str:
        """Both languages on one line, for an attribute."""
        found = WORDS[code]
        return text(f"{found.message(self.chinese)} {found.message('en')}")

    def cell(self, code: str, value: str, kind: str = "") -> str:
        """One of a row of ``cards``; it names its column, since on a phone it stands alone."""
        shown = f' class="{kind}"' if kind else ""
        return f'<td data-label="{self.plain(code)}"{shown}><div>{value}</div></td>'

    def cards(self, headings: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
        """A table whose rows become cards where it would be too wide."""
        return self.table(headings, rows, "cards")

    def table(
        self, headings: Sequence[str], rows: Iterable[str], kind: str = "plain"
    ) -> Iterator[str]:
        yield f'<table class="{kind}"><thead><tr>'
        yield "".join(f'<th scope="col">{self.word(code)}</th>' for code in headings)
        yield "</tr></thead><tbody>"
        yield from rows
        yield "</tbody></table>"

    # -- the page ------------------------------------------------------------------

    def made(self) -> str:
        title = WORDS["title"]
        both = f"{title.message(self.chinese)} {title.message('en')}"
        return "\n".join(
            [
                "<!DOCTYPE html>",
                f'<html lang="{self.chinese}"><head><meta charset="utf-8">',
                f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
                f'<meta name="generator" content="credit-ledger report {PAGE_VERSION}">',
                '<meta name="viewport" content="width=device-width,initial-scale=1">',
                f"<title>{text(both)}</title><style>{STYLE}</style></head><body><main>",
                f"<h1>{self.pair(title)}</h1>",
                *self.sides([WORDS["not_a_verdict"]]),
                *(self.sides([WORDS["unsigned"]]) if self.proven is None else ()),
                *self._facts(),
                *self._days(),
                *self._answer(),
                *self._graph(),
                *self._steps(),
                *self._knowledge(),
                *self._open(),
                *self._limits(),
                *self._proof(),
                "</main></body></html>",
                "",
            ]
        )

    def _facts(self) -> Iterator[str]:
        trail = self.trail
        lines = [
            ("sanction", f'<span class="id">{text(trail.sanction)}</span>'),
            (
                "subject",
                self.word("withheld")
                if self.subject is None
                else f'<span class="id">{text(self.subject)}</span>',
            ),
            ("measure", text(trail.measure)),
            ("period", text(f"[{trail.starts_on}, {trail.ends_on})")),
            ("initiator", text(trail.initiator)),
            ("enforcer", text(trail.enforcer)),
            ("imposed_at", text(trail.node)),
            ("known_on", text(trail.known_on)),
        ]
        if self.proven is not None:
            lines.append(("tree_size", text(self.proven.tree_size)))
        yield '<table class="facts"><tbody>'
        for code, value in lines:
            yield f'<tr><th scope="row">{self.word(code)}</th><td>{value}</td></tr>'
        yield "</tbody></table>"

    def _role(self, role: str) -> str:
        return self.pair(phrase(ROLES, role))

    def _days(self) -> Iterator[str]:
        days = self.trail.days

        def row(party: str, role: Role, count: int, spans: Sequence[tuple[object, object]]) -> str:
            told = "<br>".join(text(f"[{since}, {until})") for since, until in spans)
            return (
                f'<tr><th scope="row" data-label="{self.plain("party")}">'
                f"<div>{text(party)}</div></th>{self.cell('role', self._role(role))}"
                f"{self.cell('count', str(count), 'number')}{self.cell('spans', told)}</tr>"
            )

        yield self.heading("days")
        rows = [row(each.party, each.role, each.days, each.spans) for each in days.parties]
        rows.append(
            f'<tr class="total"><th scope="row" colspan="2">{self.word("total")}</th>'
            f"{self.cell('count', f'<strong>{days.total}</strong>', 'number')}<td></td></tr>"
        )
        yield from self.cards(("party", "role", "count", "spans"), rows)

    def _answer(self) -> Iterator[str]:
        answer = self.trail.answer
        yield self.heading("answer")
        cells = (answer.due_on, answer.answered_on, answer.overdue_working_days)
        told = ["–" if cell is None else text(cell) for cell in cells]
        if answer.provisional:
            told[-1] += f"<small>{self.word('provisional')}</small>"
        row = "".join(f"<td>{cell}</td>" for cell in told)
        yield from self.table(("due_on", "answered_on", "overdue"), [f"<tr>{row}</tr>"])

    def _graph(self) -> Iterator[str]:
        """A screen too narrow for it pans it, by keyboard too; paper is turned for it."""
        yield '<section class="drawing">'
        yield self.heading("graph")
        yield f'<div role="region" tabindex="0" aria-label="{self.plain("graph")}">'
        yield draw(self.trail, self.chinese).partition("?>\n")[2].rstrip("\n")
        yield "</div></section>"

    def _steps(self) -> Iterator[str]:
        yield self.heading("trail")
        headings = ("node", "entry", "recorded_at", "what", "by", "about")
        lines = (line for step in self.trail.steps for line in self._step(step, len(headings)))
        yield from self.cards(headings, lines)

    def _step(self, step: Step, columns: int) -> Iterator[str]:
        about = "<br>".join(text(each) for each in step.about)
        by = text(step.actor)
        if step.operator:
            by += f'<small class="long">{text(step.operator)}</small>'
        shown = None if self.proven is None else self.proven.entries.get(step.index)
        parts = [f"{self._inline('digest')}: {text(step.digest)}"] if step.digest else []
        if shown is not None:
            path = " ".join(base64text.encode(each) for each in shown.proof)
            parts.append(f"{self._inline('proof')}: {text(path)}")
        yield '<tr class="line">' if parts else "<tr>"
        yield self.cell("node", text(step.node))
        yield self.cell("entry", str(step.index), "number")
        yield self.cell("recorded_at", text(_local(step.recorded_at)))
        yield self.cell("what", self.pair(phrase(ACTS, step.what)))
        yield self.cell("by", by)
        yield f"{self.cell('about', about, 'id')}</tr>"
        if parts:
            told = "<br>".join(parts)
            yield f'<tr class="proof"><td class="id" colspan="{columns}">{told}</td></tr>'

    def _inline(self, code: str) -> str:
        found = WORDS[code]
        chinese, english = found.message(self.chinese), found.message("en")
        return f'{text(chinese)} <span lang="en">{text(english)}</span>'

    def _knowledge(self) -> Iterator[str]:
        yield self.heading("knowledge")
        rows = (
            f"<tr>{self.cell('from', text(each.on))}{self.cell('party', text(each.party))}"
            f"{self.cell('role', self._role(each.role))}"
            f"{self.cell('what', self.pair(phrase(ACTS, each.what)))}"
            f"{self.cell('entry', self._entry(each.step), 'number')}</tr>"
            for each in self.trail.knowledge
        )
        yield from self.cards(("from", "party", "role", "what", "entry"), rows)

    def _entry(self, at: int) -> str:
        steps = self.trail.steps
        return text(f"{steps[at].node} {steps[at].index}") if 0 <= at < len(steps) else ""

    def _open(self) -> Iterator[str]:
        yield self.heading("open")
        if not self.trail.open:
            yield from self.sides([WORDS["nothing_open"]])
            return
        rows = (
            f"<tr>{self.cell('what', self.pair(phrase(OPEN, each.code)))}"
            f"{self.cell('party', text(each.party or '–'))}"
            f"{self.cell('about', text(each.about), 'id')}</tr>"
            for each in self.trail.open
        )
        yield from self.cards(("what", "party", "about"), rows)

    def _limits(self) -> Iterator[str]:
        yield self.heading("limits")
        yield from self.sides([phrase(TEXTS, each.code) for each in self.trail.limits], "li")

    def _proof(self) -> Iterator[str]:
        if self.proven is None:
            return
        yield self.heading("checkpoint")
        yield f'<pre class="id">{text(self.proven.checkpoint)}</pre>'
        yield self.heading("verify")
        yield from self.sides([WORDS["verify_how"]])
        statement = self.proven.envelope.decode("ascii")
        assert "<" not in statement, "an envelope is base64 in JSON"
        yield f"{START}{statement}{END}"


def _local(at: datetime) -> str:
    """In the legal time of the node, to the second; the entry itself has the microseconds."""
    return (at.replace(tzinfo=None) + LEGAL_OFFSET - (at.utcoffset() or timedelta())).strftime(
        "%Y-%m-%d %H:%M:%S"
    )
