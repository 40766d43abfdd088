"""How a policy may be named: one table that settings, errors, `--help` and README print from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class SpecForm:
    """One way to name a policy or a reward.

    Attributes:
        form: What to type; words in capitals stand for something.
        meaning: What it stands for, in a clause.
        extra: The extra of this package that it needs, or "".
    """

    form: str
    meaning: str
    extra: str = ""

    def __str__(self) -> str:
        return self.form


POLICY_FORMS = (
    SpecForm("openai:NAME", "a model of OpenAI"),
    SpecForm(
        "openai:NAME@http://HOST/v1",
        "an OpenAI-compatible server: vLLM, SGLang, llama.cpp, ...",
    ),
    SpecForm("PROVIDER:NAME", "any provider of LangChain's `init_chat_model`"),
    SpecForm("huggingface:NAME", "a model of Hugging Face in this process", "huggingface"),
    SpecForm("embedded:", "a local model", "embedded"),
)


def listed(forms: Iterable[object]) -> str:
    """Return forms as a list within a sentence.

    Example:
        >>> listed(POLICY_FORMS[:2])
        'openai:NAME, openai:NAME@http://HOST/v1'
    """
    return ", ".join(map(str, forms))
