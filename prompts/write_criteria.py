"""Prompt of a rubric that is written for one query: what shall its answers be checked for?

Placeholders: `{query}`, quoted as for any judge; `{known}`, the criteria that are checked anyway;
and `{output}`. Own wording.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..core.json_types import JsonObject
from ..core.prompt_template import Prompt, quote
from ..core.special_tokens import as_text
from .rubric import closed

FEWEST, MOST, HEAVIEST = 3, 6, 3

WRITE = Prompt(
    f"""\
<query>
{{query}}
</query>

Answers to this query will be checked one at a time. Write what they are to be checked for: \
{FEWEST} to {MOST} criteria that a good answer to this query meets and a poor one does not. First \
come the demands that the query states, each limit on content, form or length by itself; then what \
an answer must get right. Each criterion is a question about the text of one answer whose yes is a \
pass. Do not answer the query, and ask for nothing that it does not want.{{known}}{{output}}""",
    required=("query", "output"),
    optional=("known",),
)
KNOWN = Prompt(
    " These are checked anyway, so do not repeat them:\n\n{criteria}\n\n", required=("criteria",)
)

LINES_OUTPUT = (
    "Reply with one line for each criterion and nothing else: its weight (3 if an answer is "
    "useless without it, else 2 or 1), a colon, and the question, as in 2: Does it name the cause?"
)
JSON_OUTPUT = (
    'Reply with one JSON object: {"criteria": [{"name": what it is about, in two to five words, '
    '"ask": the question, "weight": 3 if an answer is useless without it, else 2 or 1}, ...]}.'
)


def ask_criteria(query: str, known: Sequence[str], output: str) -> str:
    """Return the request to write criteria for a query, beside those that are known."""
    listed = "\n".join(f"- {name}" for name in known)
    texts = {"query": as_text(quote(query)), "output": output}
    return WRITE.fill({**texts, "known": KNOWN.fill({"criteria": listed}) if known else " "})


def criteria_schema() -> JsonObject:
    """Return the schema of a reply with criteria."""
    words = {"type": "string"}
    weight = {"type": "integer", "minimum": 1, "maximum": HEAVIEST}
    one = closed({"name": words, "ask": words, "weight": weight})
    several = {"type": "array", "items": one, "minItems": FEWEST, "maxItems": MOST}
    return {
        "title": "criteria",
        "description": "What answers to the query are checked for.",
        **closed({"criteria": several}),
    }
