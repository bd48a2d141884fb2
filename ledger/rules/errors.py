"""What a rule pack cannot answer, and packs that cannot be used."""

from __future__ import annotations

from ledger.errors import Refusal, UnusableInput


class BadRulePack(UnusableInput):
    code = "bad_rule_pack"
    en = "the rule pack cannot be used: {where}: {why}; mend it and run `credit-ledger rules check`"
    zh_cn = "规则包无法使用：{where}：{why}；请修正后运行 `credit-ledger rules check`"
    zh_tw = "規則包無法使用：{where}：{why}；請修正後執行 `credit-ledger rules check`"


class NoRuleInForce(Refusal):
    code = "no_rule_in_force"
    en = "the adopted rule pack has no rule {what} for {day}; adopt one that covers that day"
    zh_cn = "已采用的规则包在 {day} 没有 {what} 规则；请采用覆盖该日的规则包"
    zh_tw = "已採用的規則包在 {day} 沒有 {what} 規則；請採用涵蓋該日的規則包"


class CategoryNotInPack(UnusableInput):
    code = "category_not_in_pack"
    en = "the rule pack knows no penalty category {category} on {day}; use one of its names"
    zh_cn = "规则包在 {day} 没有处罚类别“{category}”；请使用规则包中的类别名称"
    zh_tw = "規則包在 {day} 沒有處罰類別「{category}」；請使用規則包中的類別名稱"
