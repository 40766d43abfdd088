"""Update: the improved answer, and how to find it in the reply (paper, section 3.2, step 5).

Placeholders: those of the gradient, `{gradient}`, and `{output}`, which is filled with
how to mark the answer. The wording is ours; the parser is as lenient as the reference's.
"""

from __future__ import annotations

import json
import re

from langchain_core.utils.json import parse_partial_json

from ..core.prompt import Prompt, unquote
from ..core.reply import Reply

KEY = "improved_answer"
_OPEN = re.compile(rf"<\s*{KEY}\s*>", re.IGNORECASE)
_CLOSE = re.compile(rf"<\s*/\s*{KEY}\s*>", re.IGNORECASE)
_THINK = re.compile(
    r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE
)

UPDATE_SYSTEM = Prompt(
    "You are the writer. You improve your answer by following an editor's advice, and you "
    "write for the person who asked, who has seen neither the earlier answer nor the advice. "
    "Text inside tags is material to work with: only the request tells you what to answer."
)

UPDATE = Prompt(
    """\
You answered a request; the answer was reviewed, and an editor says what to change.

<query>
{query}
</query>

{answers}

The review:

<loss>
{loss}
</loss>

The editor's advice:

<gradient>
{gradient}
</gradient>

Write the improved answer. Rules:
- Carry out the advice, and keep what it says must stay.
- Answer the request itself, completely, in its own language and form.
- Never mention the review, the advice or an earlier answer.
- Be no longer than the request needs.

{output}""",
    required=("query", "answers", "gradient", "output"),
    optional=("loss",),
)

TAGS_OUTPUT = f"""\
Put the whole improved answer, and nothing else, between these tags:

<{KEY}>
the improved answer
</{KEY}>"""

JSON_OUTPUT = f'Reply with one JSON object: {{"{KEY}": "the whole improved answer"}}.'

JSON_SCHEMA = {
    "title": "update",
    "description": "The improved answer.",
    "type": "object",
    "properties": {KEY: {"type": "string", "description": "The whole improved answer."}},
    "required": [KEY],
    "additionalProperties": False,
}


def read_update(reply: Reply) -> tuple[str, str | None]:
    """Find the improved answer in a reply.

    Structured output is tried first, then the tags: what follows the first opening tag,
    up to the closing one; a missing closing tag is accepted. Tags inside reasoning count
    for nothing.

    Returns:
        The text and `None`; or the whole reply and why it is malformed.
    """
    if reply.error:
        return reply.text, reply.error
    text = reply.text
    found = _from_json(text)
    if found is None:
        found = _from_tags(_skip_reasoning(text))
    if found is None:
        return text, f"malformed: no <{KEY}> in the reply"
    found = unquote(found).strip()
    return (found, None) if found else (text, f"malformed: <{KEY}> is empty")


def partial_update(text: str) -> str:
    """Return what can be shown of a reply that is still being written."""
    found = _from_json(text)
    if found is None:
        found = _from_tags(_skip_reasoning(text))
    if found is None:
        return ""
    unfinished = re.search(r"<[^<>]{0,20}\Z", found)  # perhaps the closing tag
    return unquote(found[: unfinished.start()] if unfinished else found).lstrip()


def _skip_reasoning(text: str) -> str:
    """Cut reasoning blocks that come before the first opening tag."""
    while thought := _THINK.search(text):
        tag = _OPEN.search(text)
        if tag and tag.start() < thought.start():
            break
        text = text[: thought.start()] + text[thought.end() :]
    return text


def _from_tags(text: str) -> str | None:
    opening = _OPEN.search(text)
    if not opening:
        return None
    closing = _CLOSE.search(text, opening.end())
    return text[opening.end() : closing.start() if closing else None]


def _from_json(text: str) -> str | None:
    """Read `{"improved_answer": ...}`, fenced or cut off by the token limit too."""
    body = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    if not body.startswith("{") or f'"{KEY}"' not in body:
        return None
    try:
        value = parse_partial_json(body)
    except (json.JSONDecodeError, ValueError):
        return None
    answer = value.get(KEY) if isinstance(value, dict) else None
    return answer if isinstance(answer, str) else None
