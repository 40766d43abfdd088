"""What the loopback server gets and sends: requests, faults, answers, streams, errors."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Any

Body = dict[str, Any]
CHAT, MODELS, MODEL = "/v1/chat/completions", "/v1/models", "loopback-model"
THOUGHTS = ("reasoning_content", "reasoning")
TEXTS = (*THOUGHTS, "content", "refusal")  # in the order in which they are streamed


@dataclass
class Asked:
    """One POST as received, with its header names in lower case."""

    body: Body
    headers: dict[str, str]
    finished: bool = False  # the full response, if only an error, went to a living client
    status: int | None = None  # the HTTP status of that response
    path: str = CHAT


@dataclass
class Fault:
    """What goes wrong with the first `times` (None: all) requests that `when` accepts.

    It hangs; then it closes the connection, sends `garbage` (with status 200 if none is set),
    or sends an error (500 if no status is set). A fault that only hangs leaves the answer be.
    """

    status: int | None = None
    body: Any = None  # text and bytes are sent as they are; None: an error in OpenAI's shape
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: float = 0.0
    close: bool = False
    garbage: bytes | None = None
    times: int | None = 1
    when: Callable[[Body], bool] = lambda _body: True
    used: int = 0  # how many requests it was applied to

    def outcome(self) -> tuple[int, Any] | None:
        """Return the status and the content to send, None for the normal answer."""
        if self.garbage is not None:
            return self.status or 200, self.garbage
        if self.hang and self.status is None and self.body is None:
            return None
        status = self.status or 500
        kind = "server_error" if status >= 500 else "invalid_request_error"
        error = error_body(f"A fault with status {status}.", kind=kind)
        return status, error if self.body is None else self.body


def error_body(
    message: str,
    param: str | None = None,
    code: str | None = None,
    kind: str = "invalid_request_error",
) -> Body:
    """Return an error."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def refusal_of(body: Body, refuse: Collection[str], supports_n: object) -> Body | None:
    """Return the error for a parameter that the model does not support, if there is one."""
    for key in body:
        if key in refuse and body[key] is not None:
            message = f"Unsupported parameter: '{key}' is not supported with this model."
            return error_body(message, key, "unsupported_parameter")
    if not supports_n and (body.get("n") or 1) > 1:
        return error_body("n > 1 is not supported", "n", "unsupported_parameter")
    return None


def message_text(message: Body) -> str:
    """Return the text of a message whose content is text, blocks or null."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(block.get("text", "") for block in content)


def shaped(body: Body, text: str) -> str:
    """Give a text the form asked for: a JSON object, <improved_answer> tags, or as it is."""
    form = body.get("response_format") or {}
    if form.get("type") in {"json_schema", "json_object"}:
        schema = form.get("json_schema", {}).get("schema", {})
        keys = schema.get("required") or schema.get("properties") or ["improved_answer"]
        return json.dumps(dict.fromkeys(keys, text))
    users = [message for message in body["messages"] if message["role"] == "user"]
    if users and "<improved_answer>" in message_text(users[-1]):
        return f"<improved_answer>{text}</improved_answer>"
    return text


def default_answer(body: Body, index: int) -> str:
    """Return a short text that depends on the messages, the seed and the index only.

    It has the form that the request asks for (see `shaped`).
    """
    key = json.dumps([body["messages"], body.get("seed"), index], sort_keys=True)
    digest = hashlib.sha256(key.encode()).hexdigest()
    return shaped(body, f"Answer {digest[:8]} of choice {index} is {digest[8:16]}.")


def choice_of(answer: str | Body | None, index: int, limit: int | None) -> Body:
    """Make a choice of an answer: its text, its message, or a choice without its index.

    Content of more than `limit` words is cut after that many.
    """
    given: Body = answer if isinstance(answer, dict) else {"content": answer}
    given = given if "message" in given else {"message": given}
    message: Body = {"role": "assistant", "content": None, "refusal": None, **given["message"]}
    reason = "tool_calls" if message.get("tool_calls") else "stop"
    words = list(re.finditer(r"\S+", message["content"] or ""))
    if limit is not None and len(words) > limit:
        message["content"], reason = message["content"][: words[limit].start()].rstrip(), "length"
    reason = given.get("finish_reason", reason)
    logprobs = given.get("logprobs")
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": reason}


def usage_of(body: Body, choices: list[Body], prompts: int, cached: int) -> Body:
    """Count words as tokens: the prompt `prompts` times, and all the choices together."""
    messages = [choice["message"] for choice in choices]
    calls = [call["function"] for message in messages for call in message.get("tool_calls") or []]
    thoughts = [message.get(key) for message in messages for key in THOUGHTS]
    texts = [message.get(key) for message in messages for key in TEXTS]
    prompt = prompts * _words([message_text(message) for message in body["messages"]])
    completion = _words([*texts, *(call.get("arguments") for call in calls)])
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": min(cached, prompt)},
        "completion_tokens_details": {"reasoning_tokens": _words(thoughts)},
    }


def _words(texts: list[str | None]) -> int:
    return sum(len((text or "").split()) for text in texts)


def events_of(reply: Body, include_usage: bool) -> list[bytes]:
    """Return a completion as server-sent events, in which the choices take turns."""
    usage = reply.get("usage") if include_usage else None
    head = {key: value for key, value in reply.items() if key != "usage"}
    head |= {"object": "chat.completion.chunk"} | ({"usage": None} if usage else {})
    turns = chain.from_iterable(zip_longest(*map(_parts, reply["choices"])))
    chunks = [{**head, "choices": [part]} for part in turns if part]
    chunks += [{**head, "choices": [], "usage": usage}] if usage else []
    return [f"data: {data}\n\n".encode() for data in (*map(json.dumps, chunks), "[DONE]")]


def _parts(choice: Body) -> Iterator[Body]:
    """Yield a choice as it is streamed: its role, its deltas and why it ended."""
    part = {"index": choice["index"], "logprobs": None, "finish_reason": None}
    yield from ({**part, "delta": delta} for delta in _deltas(choice["message"]))
    yield {**part, "delta": {}, "finish_reason": choice["finish_reason"]}


def _deltas(message: Body) -> Iterator[Body]:
    """Yield what a streamed message is added up from."""
    yield {"role": "assistant", "content": None if message["content"] is None else ""}
    for key in TEXTS:
        yield from ({key: piece} for piece in _pieces(message.get(key)))
    for index, call in enumerate(message.get("tool_calls") or []):
        function = call["function"]
        yield {"tool_calls": [{**call, "index": index, "function": {**function, "arguments": ""}}]}
        for piece in _pieces(function.get("arguments")):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _pieces(text: str | None) -> list[str]:
    return re.findall(r"(?s).{1,8}", text or "")
