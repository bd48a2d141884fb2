"""A trail as a drawing: accessible, bilingual, the same each time, and safe whatever it shows."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from projections.liability import layout, svg
from projections.liability.lanes import Words, lanes
from projections.liability.markup import fitted, text, width
from projections.liability.model import Edge, Vertex
from projections.liability.phrases import Chinese
from tests.unit.projections.liability.building import S3, worked_case
from tests.unit.projections.liability.trails import SUPPLIER, TRAIL, with_label

SVG = "{http://www.w3.org/2000/svg}"


def _read(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 - what this project drew a moment ago


def test_the_drawing_is_xml_with_title_description_and_every_vertex_and_edge() -> None:
    """A reader of a screen is told the whole graph, each part with the entries that show it."""
    root = _read(svg.draw(TRAIL))
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    assert set(root.get("aria-labelledby", "").split()) <= ids
    titles = [element.text or "" for element in root.iter(f"{SVG}title")]
    for vertex in TRAIL.vertices:
        assert any(vertex.label in title for title in titles)
    for edge in TRAIL.edges:
        assert any(edge.source in title and edge.target in title for title in titles)
    assert any(SUPPLIER in title and title.endswith("5") for title in titles)
    (told,) = [element.text or "" for element in root.iter(f"{SVG}desc")]
    assert "14" in told


@pytest.mark.parametrize(("chinese", "word"), [("zh-CN", "惩戒责任链"), ("zh-TW", "懲戒責任鏈")])
def test_the_drawing_speaks_chinese_and_english(chinese: Chinese, word: str) -> None:
    """Headings and kinds stand in both languages, in the Chinese that was asked for."""
    drawn = svg.draw(TRAIL, chinese)
    assert word in drawn
    assert "Liability trail" in drawn
    assert "supplier" in drawn


def test_the_drawing_fetches_nothing_and_all_lies_within_its_width() -> None:
    """No reference leaves the file, and no box or word begins outside the 1,000 units."""
    root = _read(svg.draw(TRAIL))
    for element in root.iter():
        assert element.tag != f"{SVG}script"
        assert not {name for name in element.attrib if name.endswith(("href", "onload"))}
        if element.tag in {f"{SVG}rect", f"{SVG}text"}:
            x = float(element.get("x", "0"))
            assert 0 <= x <= svg.WIDTH
            if element.get("width", "").replace(".", "").isdigit():
                assert x + float(element.get("width", "0")) <= svg.WIDTH
    assert not re.search(r"url\((?!#tip\))", svg.draw(TRAIL))


def test_the_same_trail_gives_the_same_drawing_whatever_the_order_of_its_edges() -> None:
    """Places depend on what is drawn only."""
    assert svg.draw(TRAIL) == svg.draw(replace(TRAIL))
    turned = layout.places(TRAIL.vertices[::-1], TRAIL.edges[::-1])
    assert turned == layout.places(TRAIL.vertices, TRAIL.edges)


@pytest.mark.parametrize(
    "label", ['"><script>alert(1)</script>', "a&b<c", "x\x00\x1b[31m", "\u202egnp.exe", "\ufffe"]
)
def test_text_of_others_is_never_markup(label: str) -> None:
    """What a record holds can neither break the drawing nor add an element to it."""
    count = len(list(_read(svg.draw(TRAIL)).iter()))
    root = _read(svg.draw(with_label(label)))
    assert len(list(root.iter())) == count
    assert "\u202e" not in svg.draw(with_label(label))


def test_no_two_boxes_share_a_place() -> None:
    """Many records and suppliers stand below each other."""
    vertices = tuple(Vertex(f"record:{n}", "record", f"R{n}", ()) for n in range(40)) + tuple(
        Vertex(f"supplier:{n}", "supplier", f"B{n}", ()) for n in range(25)
    )
    edges = tuple(Edge(f"supplier:{n % 25}", f"record:{n}", "supplied", None) for n in range(40))
    found = layout.places(vertices, edges)
    assert len({(place.column, place.row) for place in found}) == 65
    _read(svg.draw(replace(TRAIL, vertices=vertices, edges=edges)))


def test_no_edge_runs_behind_a_box() -> None:
    """Where an edge passes a column it runs below a row, or where that column has no box."""
    vertices = (
        Vertex("supplier:0", "supplier", "B", ()),
        *(Vertex(f"node:{n}", "node", f"N{n}", ()) for n in range(5)),
        *(Vertex(f"record:{n}", "record", f"R{n}", ()) for n in range(2)),
        *(Vertex(f"notice:{n}", "notice", f"M{n}", ()) for n in range(4)),
    )
    pairs = [("supplier:0", f"record:{n}") for n in range(2)]
    pairs += [(f"node:{n}", f"notice:{m}") for n in range(5) for m in range(4)]
    edges = tuple(Edge(one, other, "entered", None) for one, other in pairs)
    found = layout.places(vertices, edges)
    chosen = lanes(found, pairs)
    assert set(chosen) == set(pairs)
    boxes = {(place.column, place.row) for place in found}
    passed = {pair: 1 if pair[0] == "supplier:0" else 2 for pair in pairs}
    for pair, lane in chosen.items():
        assert lane % 2 or (passed[pair], lane // 2) not in boxes
    assert chosen == lanes(found, pairs[::-1])
    first = [chosen[pair] for pair in pairs if pair[0] == "supplier:0"]
    assert len(set(first)) == 2, "while there is another lane, none is shared"


def test_edges_between_neighbours_need_no_lane() -> None:
    """They pass nothing."""
    vertices = (Vertex("n", "node", "N", ()), Vertex("r", "record", "R", ()))
    found = layout.places(vertices, (Edge("n", "r", "entered", None),))
    assert lanes(found, [("n", "r")]) == {}


def test_no_box_is_drawn_over_a_word_on_an_edge() -> None:
    """Lines, then boxes, then words: what was drawn later lies above."""
    drawn = svg.draw(TRAIL)
    box = f'width="{svg.BOX_WIDTH}"'
    assert drawn.rindex('class="edge"') < drawn.index(box)
    assert drawn.rindex(box) < drawn.index('<text class="entry"')


def test_words_do_not_lie_on_each_other() -> None:
    """Those that would go below, as little as it takes; far too many stay where they belong."""
    words = Words()
    for word in ("共享", "确认", "x"):
        words.put(100.0, 50.0, [word, word])
    words.put(200.0, 50.0, ["解除"])
    assert [y for _, y, _ in words.put_down] == [50, 62, 74, 86, 98, 110, 50]
    words.put(100.0, 50.0, ["y"] * 40)
    words.put(100.0, 50.0, ["z"])
    assert words.put_down[-1][1] == 50.0


def test_the_picture_of_the_readme_is_the_worked_case() -> None:
    """As drawn by the code that is there."""
    picture = Path(__file__).parents[4] / "docs" / "liability.svg"
    assert picture.read_text("utf-8") == svg.draw(worked_case().trail(S3))


def test_a_trail_of_nothing_is_still_a_drawing() -> None:
    """No vertex, no step and no day: title and total alone."""
    empty = replace(
        TRAIL, vertices=(), edges=(), steps=(), days=replace(TRAIL.days, total=0, parties=())
    )
    assert "0" in _read(svg.draw(empty)).find(f"{SVG}desc").text  # type: ignore[union-attr,operator]


def test_the_bars_of_the_days_follow_each_other() -> None:
    """Three parties, one after the other, in proportion to their days."""
    root = _read(svg.draw(TRAIL))
    bars = [
        (float(e.get("x", "")), float(e.get("width", "")))
        for e in root.iter(f"{SVG}rect")
        if e.get("fill") in svg.ROLE_FILLS.values()
    ]
    assert len(bars) == 3
    assert all(abs(one[0] + one[1] - other[0]) < 0.5 for one, other in pairwise(bars))
    assert abs(bars[0][1] / bars[1][1] - 5 / 4) < 0.01


def test_a_long_text_keeps_its_ends() -> None:
    """What does not fit loses its middle, wide characters counted as wide."""
    assert fitted("短", 2) == "短"
    short = fitted("01953f00-0000-7000-8000-0000000000a3", 9)
    assert short.startswith("0195")
    assert short.endswith("00a3")
    assert width(short) <= 9
    assert width(fitted("厦门示监处罚〔2026〕17号" * 3, 8)) <= 8


def test_markup_escapes_quotes_too() -> None:
    """A text may stand in an attribute."""
    assert text("\"'<>&") == "&quot;&#x27;&lt;&gt;&amp;"
