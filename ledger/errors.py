"""The one root of every error this project raises on purpose.

An error names what was wrong, where, and what to do, in English, Simplified and
Traditional Chinese. Its ``code`` is stable and is what programs match on; its
``exit_code`` is what the command line ends with. A test holds that every error
has its three texts and that they use the same fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Literal

Language = Literal["en", "zh-CN", "zh-TW"]


class ExitCode(IntEnum):
    """What the command line ends with."""

    DONE = 0
    CHECK_FAILED = 1
    USAGE = 2
    REFUSED = 3
    INTERNAL = 70


@dataclass(frozen=True, slots=True)
class Phrase:
    """Part of a sentence for a person, in the language of the whole."""

    en: str
    zh_cn: str
    zh_tw: str
    fields: Mapping[str, object] = field(default_factory=dict)

    def message(self, language: Language = "en") -> str:
        template = {"en": self.en, "zh-CN": self.zh_cn, "zh-TW": self.zh_tw}[language]
        return template.format(**self.fields)


class LedgerError(Exception):
    """Root of the project's errors. Subclasses set ``code`` and the three texts.

    The texts are ``str.format`` templates over the keyword arguments given to the
    constructor, for example ``raise UnknownScheme(scheme="abc")``.
    """

    code: ClassVar[str] = "ledger_error"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE
    en: ClassVar[str] = "the ledger could not do this"
    zh_cn: ClassVar[str] = "账本无法完成此操作"
    zh_tw: ClassVar[str] = "帳本無法完成此操作"

    def __init__(self, **fields: object) -> None:
        super().__init__(fields)
        self.fields = fields

    def message(self, language: Language = "en") -> str:
        """The sentence for a person, in ``language``."""
        template = {"en": self.en, "zh-CN": self.zh_cn, "zh-TW": self.zh_tw}[language]
        told = {
            name: field.message(language) if isinstance(field, Phrase | LedgerError) else field
            for name, field in self.fields.items()
        }
        return template.format(**told)

    def __str__(self) -> str:
        return self.message()

    def __reduce__(self) -> tuple[object, ...]:
        """Errors pass from a process to the one that started it, whatever made them."""
        return _remade, (type(self), self.fields, {**vars(self)})


def _remade(
    kind: type[LedgerError], fields: dict[str, object], state: dict[str, object]
) -> LedgerError:
    error = kind.__new__(kind)
    Exception.__init__(error, fields)
    vars(error).update(state)
    return error


class Refusal(LedgerError):
    """A command that the rules do not allow; nothing was written."""

    code = "refused"
    exit_code = ExitCode.REFUSED
    en = "the rules do not allow this"
    zh_cn = "规则不允许此操作"
    zh_tw = "規則不允許此操作"


class UnusableInput(LedgerError):
    """Input that cannot be read at all; nothing was written."""

    code = "unusable_input"
    en = "the input cannot be used"
    zh_cn = "输入内容无法使用"
    zh_tw = "輸入內容無法使用"
