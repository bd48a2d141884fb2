"""A drawing of what passed between the nodes, day by day, made from the messages themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Final

LANES: Final = {"zhangzhou": 215, "xiamen": 505, "quanzhou": 795}
"""Where each node stands; all messages are xiamen's, or for it."""

WIDTH: Final = 960
TOP: Final = 96
ROW: Final = 25
GAP: Final = 13
"""Between two days."""

BOX: Final = 216
"""Width of an act."""

FONT: Final = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
UTC_8: Final = timezone(timedelta(hours=8))
KINDS: Final = {
    "bundle": ("bundle 共享包", "#2f5f93"),
    "notice": ("notice 更正通知", "#a83a2d"),
    "acknowledgement": ("acknowledgement 更正确认", "#2f7a3d"),
    "enforcement-status": ("enforcement status 执行情况", "#6b4a99"),
    "receipt": ("receipt 回执", "#6b7785"),
}
CALLING: Final = ("bundle", "notice")
"""What makes the recipient act; everything else is said after its acts of the day."""

ACTS: Final = (
    ("03-02", "xiamen", "R1 is recorded 归集"),
    ("03-03", "xiamen", "the firm is told 告知"),
    ("03-09", "xiamen", "S1 in force 惩戒"),
    ("03-12", "zhangzhou", "S2 in force 惩戒"),
    ("03-16", "quanzhou", "S3 in force 惩戒"),
    ("03-20", "xiamen", "objection 异议: S1 suspended"),
    ("03-23", "zhangzhou", "S2 suspended, and stopped"),
    ("03-24", "quanzhou", "S3 suspended; still enforced"),
    ("03-30", "quanzhou", "S3 stopped 停止执行"),
    ("04-24", "xiamen", "R1 withdrawn 撤销: S1 lifted"),
    ("04-27", "zhangzhou", "S2 lifted 解除, wrongful"),
    ("04-27", "quanzhou", "S3 lifted 解除, wrongful"),
)


@dataclass(frozen=True)
class Sent:
    """A message that was taken in."""

    kind: str
    sender: str
    recipient: str
    issued_at: str

    @property
    def day(self) -> str:
        """Month and day, in UTC+8."""
        instant = datetime.fromisoformat(self.issued_at)
        return instant.astimezone(UTC_8).strftime("%m-%d")

    @property
    def side(self) -> str:
        """The node that is not xiamen."""
        return self.recipient if self.sender == "xiamen" else self.sender


@dataclass
class _Page:
    """Grows downwards; the two sides of xiamen each at their own pace within a day."""

    drawn: list[str] = field(default_factory=list)
    at: dict[str, int] = field(default_factory=lambda: {"zhangzhou": TOP, "quanzhou": TOP})

    @property
    def bottom(self) -> int:
        return max(self.at.values())

    def day(self, day: str) -> None:
        y = self.bottom + GAP
        self.at = dict.fromkeys(self.at, y)
        self.drawn.append(f'<path d="M16 {y}H{WIDTH - 16}" stroke="#dfe5ec"/>')
        self.drawn.append(f'<text x="20" y="{y + 18}" font-weight="bold">{day}</text>')

    def act(self, node: str, text: str) -> None:
        sides = list(self.at) if node == "xiamen" else [node]
        y = max(self.at[side] for side in sides) + 5
        self.at |= dict.fromkeys(sides, y + ROW - 4)
        x = LANES[node]
        self.drawn.append(
            f'<rect x="{x - BOX // 2}" y="{y}" width="{BOX}" height="{ROW - 3}" rx="4"'
            ' fill="#fffaf0" stroke="#b58a2b"/>'
            f'<text x="{x}" y="{y + 16}" text-anchor="middle" font-size="13">{escape(text)}</text>'
        )

    def message(self, sent: Sent) -> None:
        y = self.at[sent.side] = self.at[sent.side] + ROW
        start, end = LANES[sent.sender], LANES[sent.recipient]
        inward = 3 if start < end else -3
        word, colour = KINDS[sent.kind]
        dashes = ' stroke-dasharray="4 3"' if sent.kind == "receipt" else ""
        self.drawn.append(
            f'<path d="M{start + inward} {y}H{end - inward}" stroke="{colour}"'
            f' stroke-width="1.6" marker-end="url(#{sent.kind})"{dashes}/>'
            f'<text x="{(start + end) // 2}" y="{y - 5}" text-anchor="middle" font-size="12"'
            f' fill="{colour}">{word}</text>'
        )


def draw(messages: Iterable[Sent], days: Mapping[str, tuple[int, int, int, int]]) -> str:
    """An SVG that needs nothing beside it. ``days`` of each node's sanction: enforced, and the
    supplier's, the node's that owed the notice, the enforcer's.
    """
    sent = list(messages)
    page = _Page()
    for day in sorted({one.day for one in sent} | {day for day, _, _ in ACTS}):
        page.day(day)
        today = [one for one in sent if one.day == day]
        for one in today:
            if one.kind in CALLING:
                page.message(one)
                for reply in today:
                    if one.kind == "bundle" and (reply.kind, reply.sender) == ("receipt", one.side):
                        page.message(reply)
        for on, node, text in ACTS:
            if on == day:
                page.act(node, text)
        for one in today:
            if one.kind not in CALLING and not (
                one.kind == "receipt" and one.recipient == "xiamen"
            ):
                page.message(one)
    return _whole(page, days)


def _whole(page: _Page, days: Mapping[str, tuple[int, int, int, int]]) -> str:
    foot = page.bottom + GAP + 8
    heads, lines = [], []
    for number, (node, x) in enumerate(LANES.items()):
        name = ("zhangzhou 漳州", "xiamen 厦门", "quanzhou 泉州")[number]
        lines.append(f'<path d="M{x} 78V{foot - 8}" stroke="#5b7aa0" stroke-width="1.2"/>')
        heads.append(_box((x, 50, 130), name, "#eef3f8", "#5b7aa0"))
        total, supplier, owing, enforcer = days[node]
        shares = [f"supplier {supplier}", f"xiamen {owing}", f"enforcer {enforcer}"]
        told = ", ".join(share for share in shares if not share.endswith(" 0"))
        heads.append(_box((x, foot, 282), f"{total} days 天: {told}", "#eef7ef", "#3f8a4d"))
    tips = "".join(
        f'<marker id="{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7"'
        f' markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="{colour}"/></marker>'
        for kind, (_, colour) in KINDS.items()
    )
    height = foot + 44
    body = "\n  ".join([*lines, *page.drawn, *heads])
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" \
aria-labelledby="title desc" font-family="{FONT}" font-size="14" fill="#1d2733">
  <title id="title">One wrong record in three cities, message by message</title>
  <desc id="desc">A record goes from xiamen to zhangzhou and quanzhou in bundles; the objection \
and the withdrawal follow it as notices; acknowledgements and enforcement statuses come back; \
below, the days on which each sanction was enforced, and on whom they lie.</desc>
  <defs>{tips}</defs>
  <rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
  <text x="20" y="28" font-weight="bold">One wrong record in three cities, 2026</text>
  {body}
</svg>
"""


def _box(place: tuple[int, int, int], text: str, fill: str, stroke: str) -> str:
    x, y, width = place
    return (
        f'<rect x="{x - width // 2}" y="{y}" width="{width}" height="28" rx="6" fill="{fill}"'
        f' stroke="{stroke}"/><text x="{x}" y="{y + 19}" text-anchor="middle"'
        f' font-size="13">{escape(text)}</text>'
    )
