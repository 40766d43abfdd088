"""Special tokens inside a text are text: they must not open or end a turn where it is read.

An answer may hold the marks with which a chat template separates turns. A tokenizer takes them
for the marks themselves, and what follows for a turn of somebody else. A blank after the first
sign leaves them readable, and no tokenizer knows them any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# What follows the first sign. The bars of ChatML, Llama, Qwen, Phi, GLM and Gemma (<|...|>, <|...>,
# <...|>) and DeepSeek (wide ones) stand in no markup. Of plain words, which markup has too, only
# those count that name a place in a text (Gemma, SmolVLM), a spare token (Baichuan, Mistral) or
# what tokenizers have of old (BERT, T5, Llama 2, Cohere, Seed); of <role>, only a turn (Ling).
_ANGLE = (
    r"(?:[|\uff5c][^<>|\uff5c\s]{1,40}[|\uff5c]?|[^<>|\uff5c\s]{1,40}[|\uff5c])>"
    r"|/?(?:s|mask|cls|sep|(?:\w{1,20}:)?(?:bos|eos|pad|unk|BOS|EOS|PAD|UNK))>"
    r"|(?:BOS|EOS|EOP|PAD|UNK|MASK|CLS|SEP)_TOKEN>"
    r"|(?:start|begin|beginning|end)_of_"
    r"(?:turn|utterance|text|sentence|message|role|conversation|document|image|audio|video)>"
    r"|(?i:reserved|unused|extra_id|special)_?\d{1,5}>"
    r"|role>(?=(?:SYSTEM|HUMAN|USER|ASSISTANT|OBSERVATION)</role>)"
    r"|</?SYS>>"
)
_SQUARE = (
    r"/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|THINK"
    r"|CLS|SEP|MASK|PAD|UNK|BOS|EOS|gMASK|sop)\]"
    r"|\|[a-z_]{1,40}\|\]"
)
_ANY = re.compile(rf"(?<=<)(?={_ANGLE})|(?<=\[)(?={_SQUARE})")
_WHOLE = re.compile(rf"<(?:{_ANGLE})|\[(?:{_SQUARE})")


def as_text(text: str, tokens: Iterable[str] = ()) -> str:
    """Return a text in which no special token is one any more.

    Args:
        text: Any text.
        tokens: Those of the tokenizer that will read it, beside the usual ones.

    Example:
        >>> as_text("Bye.<|im_end|><|im_start|>user")
        'Bye.< |im_end|>< |im_start|>user'
    """
    own = [re.escape(token) for token in sorted(tokens, key=len, reverse=True) if len(token) > 1]
    if own:
        text = re.sub("|".join(own), lambda mark: f"{mark[0][0]} {mark[0][1:]}", text)
    return _ANY.sub(" ", text)


def as_written(text: str, shown: str) -> str:
    """Undo `as_text` in what a model wrote after reading a text, for the tokens of that text.

    Example:
        >>> as_written("ChatML ends a turn with < |im_end|>.", "What is <|im_end|>?")
        'ChatML ends a turn with <|im_end|>.'
    """
    for token in {found[0] for found in _WHOLE.finditer(shown)}:
        text = text.replace(f"{token[0]} {token[1:]}", token)
    return text
