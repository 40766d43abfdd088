"""Prompts of a rubric: check one answer against named criteria, all in one request or one by one.

Placeholders: `{query}` and `{answer}`, quoted as for any judge; `{criteria}`, the user's own; and
`{output}`. Own wording.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..core.json_types import JsonObject
from ..core.prompt_template import Prompt, quote
from ..core.special_tokens import as_text

CHECK = Prompt(
    """\
<query>
{query}
</query>

<answer>
{answer}
</answer>

Check the answer to the query against each of these criteria by itself:

{criteria}

It passes a criterion only if it meets it fully; in doubt it fails. {output}""",
    required=("query", "answer", "criteria", "output"),
)

LINES_OUTPUT = (
    "Reply with one line for each criterion and nothing else: its number, a colon, and pass or "
    "fail, as in 1: pass"
)
WORD_OUTPUT = "Reply with pass or fail and nothing else."
MARK_OUTPUT = 'Reply with one JSON object: {"mark": "pass" or "fail"}.'
BARE_OUTPUT = (
    "Reply with one JSON object that has an entry for the number of each criterion, as in "
    '{"1": {"passed": true or false}, ...}.'
)
REASONED_OUTPUT = (
    "Reply with one JSON object that has an entry for the number of each criterion, as in "
    '{"1": {"why": in one sentence, what in the answer decides it, "passed": true or false}, ...}.'
)


def numbered(criteria: Sequence[str]) -> str:
    """Return criteria as a judge reads them, numbered from 1.

    Example:
        >>> numbered(["Is it brief?"])
        '1. Is it brief?'
    """
    return "\n".join(f"{number}. {asked}" for number, asked in enumerate(criteria, start=1))


def ask_marks(query: str, answer: str, criteria: str, output: str) -> str:
    """Return the request to check one answer against numbered criteria."""
    texts = {"query": as_text(quote(query)), "answer": as_text(quote(answer))}
    return CHECK.fill({**texts, "criteria": criteria, "output": output})


def marks_schema(count: int, reasons: bool) -> JsonObject:
    """Return the schema of the marks for so many criteria, with reasons or without."""
    passed = {"passed": {"type": "boolean"}}
    mark = closed({"why": {"type": "string"}, **passed} if reasons else passed)
    return {
        "title": "marks",
        "description": "Which criteria the answer passes.",
        **closed({str(number): mark for number in range(1, count + 1)}),
    }


def closed(properties: JsonObject) -> JsonObject:
    """Return the schema of an object with these properties and no others."""
    fixed = {"required": list(properties), "additionalProperties": False}
    return {"type": "object", "properties": properties, **fixed}


MARK_SCHEMA = {
    "title": "mark",
    "description": "Whether the answer passes.",
    **closed({"mark": {"type": "string", "enum": ["pass", "fail"]}}),
}
