"""What is wrong with a line is told in the reader's language, wholly."""

from __future__ import annotations

import json
import re

import pytest

from ledger.commands.lines import MalformedLine, parse_line
from ledger.commands.phrases import WHY

BY = {"organisation": "xiamen", "operator": "op-1"}
NOTICE = {
    "command": "serve_notice",
    "by": BY,
    "record": "01a1febc-7472-7c26-a651-798373f6026c",
    "served_on": "2026-03-03",
    "channel": "letter",
}


@pytest.mark.parametrize("name", sorted(WHY))
def test_each_phrase_asks_for_the_same_fields(name: str) -> None:
    """Three texts, the same fields in each, Chinese in two."""
    en, zh_cn, zh_tw = WHY[name]
    asked = [sorted(re.findall(r"\{(\w+)\}", text)) for text in (en, zh_cn, zh_tw)]
    assert asked[0] == asked[1] == asked[2]
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in (zh_cn, zh_tw))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"served_on": "2026-02-30"}, "served_on：日期应写作 YYYY-MM-DD，且须存在"),
        ({"served_on": None}, "served_on：日期应写作 YYYY-MM-DD，且须存在"),
        ({"colour": "red"}, "colour：不是此命令的字段"),
        ({"channel": ""}, "channel：为空或过短"),
        ({"channel": "a" * 2001}, "channel：超过 2000 个字符"),
        ({"record": "R1"}, "record：格式不符"),
        ({"by": {}}, "by：需要 organisation 和 operator"),
        ({"subject": {"scheme": "uscc"}}, "subject：应为含 scheme 和 identifier 的对象"),
        ({"at": "yesterday"}, "at：应为带时区的时刻"),
        ({"sealed": {"narrative": "x"}}, "sealed：serve_notice 可封存 -"),
    ],
)
def test_a_wrong_line_is_told_in_chinese(change: dict[str, object], expected: str) -> None:
    """No English stands inside the Chinese sentence, and the value is not repeated."""
    line = json.dumps({**NOTICE, **change}).encode()
    with pytest.raises(MalformedLine) as caught:
        parse_line(line, {})
    assert expected in caught.value.message("zh-CN")
