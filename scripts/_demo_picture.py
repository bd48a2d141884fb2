"""A drawing of the messages between the nodes, day by day."""
from __future__ import annotations
from dataclasses import dataclass
@dataclass(frozen=True)
class Sent:
    """A message that was taken in."""
    kind: str
    sender: str
    recipient: str
    issued_at: str
def draw(messages: list[Sent]) -> str:
    return ""
