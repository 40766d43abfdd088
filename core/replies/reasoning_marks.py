"""How models mark their reasoning in a text: the table of all markups in use."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

REASONING_TAGS = (  # of most models: <think>, Gemini: <thought>, Reka: <reasoning>, Seed, LongCat
    *("think", "thinking", "thought", "thoughts", "reason", "reasoning"),
    *("seed:think", "longcat_think"),
)


@dataclass(frozen=True)
class Markup:
    """One way to mark reasoning.

    Attributes:
        opening: What stands before it (a pattern).
        closing: What stands after it.
        words: Whether both are plain words. Then one without the other means nothing.
        alone: Whether the closing mark may come alone, because the prompt held the other.
        half: What the head of an opening may look like while it is still being written.
    """

    opening: str
    closing: str
    words: bool = False
    alone: bool = True
    half: str = ""
    closes: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "closes", re.compile(self.closing, re.IGNORECASE))


def _head(words: str) -> str:
    """Return a pattern of whatever a text begins with that may become these words."""
    return "".join(f"(?:{re.escape(letter)}" for letter in words) + ")?" * (len(words) - 1) + ")"


HEADER = r"(?:<\|start\|>\s*assistant\s*)?<\|channel\|>\s*"  # of gpt-oss
MARKUPS = (
    *(Markup(f"<{tag}>", f"</{tag}>", half="<[a-z_:]{0,14}") for tag in REASONING_TAGS),
    Markup(r"\[THINK\]", r"\[/THINK\]", half=r"\[[a-z]{0,5}"),  # Mistral
    Markup("◁think▷", "◁/think▷", half="◁[a-z]{0,5}"),  # Kimi
    Markup(r"<\|START_THINKING\|>", r"<\|END_THINKING\|>", half=r"<\|[a-z_|<>]{0,60}"),  # Cohere
    Markup(r"<\|channel>\s*thought\b", r"<channel\|>"),  # Gemma
    Markup(r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),  # OpenThinker, Sky-T1
    Markup(r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),  # Apertus
    Markup(r"<\|think\|>", r"<\|end\|>|<\|/think\|>", alone=False),  # Solar
    Markup(  # gpt-oss
        HEADER + r"(?:analysis|commentary)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>",
        rf"<\|end\|>|<\|call\|>|<\|return\|>|(?={HEADER})",
        alone=False,
    ),
    Markup(  # Open WebUI
        r"<details\s+type=\"reasoning\"[^>]*>",
        "</details>",
        alone=False,
        half=r"<details[^>]{0,60}",
    ),
    # gpt-oss behind a server that drops its marks; Granite.
    Markup(r"analysis(?=[A-Z\"'(])", r"assistant\s?final", words=True, half=_head("analysis")),
    Markup(
        r"Here(?:'s| is) my thought process:",
        r"Here(?:'s| is) my response:",
        words=True,
        half=_head("Here is my thought process:") + "|" + _head("Here's my thought process:"),
    ),
)
