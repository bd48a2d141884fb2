"""Forbidden data is found in narrative text, ordinary text is left alone, patterns are bounded."""

from __future__ import annotations

import re
import time

import pytest

from ledger.rules import load_default
from ledger.rules.patterns import MAX_REPEAT, fault_of_pattern

PACK = load_default()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("当事人血型为O型", "blood_type"),
        ("当事人血 型\u200b为O型", "blood_type"),
        ("患有糖尿病的病史资料附后", "medical_history"),
        ("患有糖尿病的病史资料附后", "illness"),
        ("经查，其被诊断为抑郁症，现已停业", "illness"),
        ("確診肺癌", "illness"),
        ("当事人系乙肝病毒携带者", "illness"),
        ("当事人宗教信仰已核实", "religion"),
        ("當事人信仰佛教", "religion"),
        ("现场采集了当事人指纹", "fingerprints"),
        ("附指紋樣本一份", "fingerprints"),
        ("DNA鉴定意见", "genes"),
        ("基因检测结果异常", "genes"),
    ],
)
def test_forbidden_data_is_found(text: str, code: str) -> None:
    """Religion, genes, fingerprints, blood type, illness and medical history are named."""
    (found,) = (each for each in PACK.forbidden_data(["无", text]) if each.code == code)
    assert found.text == 1
    assert text not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "销售不合格产品",
        "未按规定对职业病危害因素进行检测",
        "安排患有职业病的劳动者从事禁忌作业",
        "安排患有有碍食品安全疾病的人员从事接触直接入口食品的工作",
        "违反动物疫病防治规定，经营病死猪肉、病害猪肉",
        "在宗教活动场所以外的场所举行活动",
        "转基因农产品未按规定标识",
        "从事基因检测业务未取得许可",
        "生产的指纹锁不合格",
        "未经许可生产血型检测试剂",
        "未按规定填写、保管病历资料",
        "未取得许可开展精神病诊疗活动",
        "营业收入、存款、房屋均不在此列",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Words about trades, goods and places are no data about a person."""
    assert PACK.forbidden_data([text]) == ()
    assert PACK.consent_data([text]) == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("本人收入证明", "income"),
        ("银行存款余额若干", "deposits"),
        ("个人持有的股票", "securities"),
        ("本人购买商业保险", "insurance"),
        ("其名下有住房一套", "real_estate"),
        ("个人所得税缴税金额", "tax_amount"),
    ],
)
def test_data_that_needs_consent_is_told_apart(text: str, code: str) -> None:
    """Income, deposits, securities, insurance, real estate and tax are found separately."""
    assert [found.code for found in PACK.consent_data([text])] == [code]
    assert PACK.forbidden_data([text]) == ()


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "a*",
        "a+b",
        "a{2,}b",
        "(a{1,9}){1,9}b",
        "(?:a|a){2,20}b",
        "(a)\\1",
        "(?P<x>a)(?P=x)",
        "(?i)a",
        f"a{{1,{MAX_REPEAT + 1}}}b",
        "a{0,60}a{0,60}b",
        "(a|b|c|d|e|f|g|h|i|j|k|l)" * 4,
        "a?",
        "x" * 301,
        "[",
        "a**",
        "[[a]",
        "[a--b]",
    ],
)
def test_a_pattern_whose_work_is_not_bounded_is_unfit(pattern: str) -> None:
    """Unbounded or nested repetition, back-references, flags and many ways are refused."""
    assert fault_of_pattern(pattern) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        r"病史(?!馆)",
        r"a{0,12}b",
        r"[*+(|]x",
        r"\(\+\*",
        r"(?:a|bc)?d",
        r"(?<![转轉])基因型",
        "[]a]b",
    ],
)
def test_plain_patterns_are_fit(pattern: str) -> None:
    """Classes, escapes, lookarounds and short repetitions are allowed, also with odd signs."""
    assert fault_of_pattern(pattern) is None


def test_every_shipped_pattern_is_quick_on_hostile_text() -> None:
    """60,000 characters made to be tried at every place take well under a second a pattern."""
    for rule in PACK.data.data_patterns:
        assert fault_of_pattern(rule.pattern) is None
        compiled = re.compile(rule.pattern)
        for unit in ("患有", "当事人系", "其采集", "名下有", "确诊为", "信奉"):
            text = unit * (60_000 // len(unit))
            began = time.perf_counter()
            compiled.search(text)
            assert time.perf_counter() - began < 1
