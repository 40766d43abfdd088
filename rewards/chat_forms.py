"""A chat as templates in this process may want it: they differ, and some refuse what others need.

Chat templates of Hugging Face read the arguments of a tool call as a mapping, where the protocol
of OpenAI has a text. Some know no system turn. Some want user and assistant to alternate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from ..core.errors import MissingDependencyError
from ..core.json_types import JsonObject
from ..core.special_tokens import as_text
from ..models.local.import_torch import Untyped
from .chat import Chat


def special_tokens(tokenizer: Untyped) -> frozenset[str]:
    """Return the special tokens of a tokenizer, those of turns among them."""
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    named = getattr(tokenizer, "all_special_tokens", [])
    return frozenset([*named, *(str(token) for token in added if token.special)])


def rendered(render: Callable[[Chat], str], chat: Chat, tokens: Iterable[str] = ()) -> str:
    """Return what a template makes of a chat, in the first form that it takes.

    Args:
        render: The template; it may raise what it likes.
        chat: From `chat_of`.
        tokens: The special tokens of its tokenizer: in a turn they are text.

    Raises:
        Exception: what the template said to the first form, if it takes none.
    """
    first: Exception | None = None
    for form in forms(chat, frozenset(tokens)):
        try:
            return render(form)
        except MissingDependencyError:
            raise
        except Exception as error:  # noqa: BLE001  a template raises what it likes
            first = first or error
    assert first  # there is always one form
    raise first


def forms(chat: Chat, tokens: frozenset[str] = frozenset()) -> Iterator[Chat]:
    """Yield a chat as it is, then changed ever more, without repetition."""
    plain = [{**turn, "content": as_text(turn["content"], tokens)} for turn in chat]
    mapped = [_with_mappings(turn) for turn in plain]
    seen: list[Chat] = []
    both = [_without_system, _alternating]
    for change in (list, *both, lambda c: _alternating(_without_system(c))):
        for form in map(change, (mapped, plain)):
            if form not in seen:
                seen.append(form)
                yield form


def _with_mappings(turn: JsonObject) -> JsonObject:
    """Return a turn whose tool calls have their arguments as a mapping, as templates read them."""
    if not turn.get("tool_calls"):
        return turn
    calls = []
    for call in turn["tool_calls"]:
        function = dict(call["function"])
        try:
            arguments = json.loads(function["arguments"])
        except (ValueError, TypeError, RecursionError):
            arguments = None  # as the model wrote them: nobody can read these
        if isinstance(arguments, dict):
            function["arguments"] = arguments
        calls.append({**call, "function": function})
    return {**turn, "tool_calls": calls}


def _without_system(chat: Chat) -> Chat:
    """Return a chat whose first user turn begins with what the system turn says."""
    if len(chat) < 3 or chat[0]["role"] != "system" or chat[1]["role"] != "user":
        return chat
    first = {**chat[1], "content": f"{chat[0]['content']}\n\n{chat[1]['content']}"}
    return [first, *chat[2:]]


def _alternating(chat: Chat) -> Chat:
    """Return a chat in which turns of one speaker after another are one turn; tools keep theirs."""
    merged: Chat = []
    for role, turns in groupby(chat, key=lambda turn: str(turn["role"])):
        if role == "tool":
            merged += turns
            continue
        same = list(turns)
        texts = [turn["content"] for turn in same if turn["content"]]
        calls = [call for turn in same for call in turn.get("tool_calls", [])]
        more = {"tool_calls": calls} if calls else {}
        merged.append({**same[0], "content": "\n\n".join(texts), **more})
    return merged
