"""Why a reply ended: every provider's word for it, joined to one of ours, from one table.

Ours are those of OpenAI where it has one: `stop` (whole), `length` (cut off), `content_filter`
(withheld by the provider), `refusal` (withheld by the model), `tool_calls`, and `error`: the
server broke the reply off. A word that the table does not know is kept as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

# In snake case, without prefixes such as `FINISH_REASON_`: see `snake_case`.
_WORDS = {
    # The worst first: a stream may end with several.
    "error": "error error_limit abort aborted cancel cancelled canceled user_cancel user_stopped "
    "failed failure network_error insufficient_system_resource malformed_model_output "
    "malformed_response load unload model_unloaded not_finished in_progress queued "
    "engine_overloaded overloaded missing_thought_signature",
    "content_filter": "content_filter content_filtered safety blocked blocklist recitation "
    "prohibited_content spii language guardrail_intervened guardrails sensitive input_sensitive "
    "output_sensitive error_toxic blacklist image_safety image_prohibited_content "
    "image_recitation model_armor moderation jailbreak",
    "refusal": "refusal refused",
    "length": "length max_tokens max_output_tokens max_completion_tokens max_length max_len "
    "max_context model_length token_limit limit time_limit timeout truncated truncated_final "
    "max_predicted_tokens_reached context_length_reached context_length_exceeded "
    "model_context_window_exceeded too_many_tokens incomplete",
    "tool_calls": "tool_calls tool_call tool_use tool function_call malformed_function_call "
    "malformed_tool_use unexpected_tool_call too_many_tool_calls",
    "stop": "stop stopped end_turn end eos eos_token eos_found stop_sequence stop_sequences "
    "stop_string_found complete completed finish finished final done normal word",
}
_ENDINGS = {word: ending for ending, words in _WORDS.items() for word in words.split()}
_PREFIX = re.compile(r"^(?:finish_?reason|stop_reason|reason|alternative_status)_")
_SEVERAL = re.compile(f"(?:{'|'.join(sorted(_ENDINGS, key=len, reverse=True))})+")
_ONE = re.compile("|".join(sorted(_ENDINGS, key=len, reverse=True)))
_NAMES = ("finish_reason", "stop_reason", "done_reason", "stopReason", "finishReason")
REASONS = (*_NAMES, "stop_sequence", "incomplete_details", "prompt_feedback", "status")
"""Where metadata of a message say why it ended."""
_NOT_YET = {"", "null", "none", "unspecified", "unknown"}


def ending(reason: object) -> str | None:
    """Return why a reply ended, in our words.

    Args:
        reason: As the provider says it. Joined from several pieces of a stream it may stand
            there twice.

    Returns:
        One of ours; an unknown word as it came, in lower case; `None` if nothing is said.

    Example:
        >>> ending("MAX_TOKENS"), ending("lengthlength"), ending("eos_token"), ending("odd")
        ('length', 'length', 'stop', 'odd')
    """
    text = str(reason if reason is not None else "").strip()
    word = snake_case(text)
    if word in _NOT_YET:
        return None
    if word in _ENDINGS:
        return _ENDINGS[word]
    if twice := re.fullmatch(r"(.+?)\1+", word):
        return ending(twice[1])
    if _SEVERAL.fullmatch(word):
        return worst(_ENDINGS[one] for one in _ONE.findall(word))
    return text.lower()


def worst(endings: Iterable[str | None]) -> str | None:
    """Return the ending that says most against a reply, of those that its pieces name."""
    order = [*_WORDS]
    order.insert(-1, "")  # a word that we do not know: worse than `stop` at the most
    said = [one for one in endings if one]
    return min(said, key=lambda one: order.index(one if one in order else ""), default=None)


def reason_in(metadata: Mapping[str, object]) -> str | None:
    """Return why a reply ended, as its provider says it, from the metadata of a message."""
    details = metadata.get("incomplete_details")  # of the Responses API, as is `status`
    feedback = metadata.get("prompt_feedback")  # of Gemini: the prompt itself was blocked
    found = [
        *(metadata.get(name) for name in _NAMES),
        feedback.get("block_reason") and "blocked" if isinstance(feedback, Mapping) else None,
        details.get("reason") if isinstance(details, Mapping) else None,
    ]
    if ending(status := metadata.get("status")) in _WORDS:
        found.append(status)
    return next((str(reason) for reason in found if ending(reason)), None)


@lru_cache(maxsize=256)  # every piece of a stream is asked nine times
def snake_case(word: str) -> str:
    """Return a word as the table spells it: `FinishReason.MAX_TOKENS` is `max_tokens`."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word.rpartition(".")[2]).lower()
    return _PREFIX.sub("", re.sub(r"[^a-z0-9]+", "_", snake).strip("_"))
