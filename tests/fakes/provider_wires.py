"""What providers' servers say on the wire: one answer, a stream, a refusal, each in its shape."""

from __future__ import annotations

import json
import struct
import threading
from binascii import crc32
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Body = dict[str, Any]
Content = tuple[str, bytes]  # its type, and itself


def as_json(value: Any) -> Content:
    return "application/json", json.dumps(value).encode()


def as_events(events: list[Any], *, named: bool = False) -> Content:
    lines = [
        (f"event: {e['type']}\n" if named else "") + f"data: {json.dumps(e)}\n\n" for e in events
    ]
    return "text/event-stream", "".join([*lines, "" if named else "data: [DONE]\n\n"]).encode()


@dataclass
class Wire:
    """How one protocol speaks.

    Attributes:
        answer: Makes what is asked (path, body) and the texts an answer, streamed if so asked.
        refusal: Makes a sentence the body of an error.
        texts: How many texts a request asks for.
    """

    answer: Callable[[str, Body, list[str]], Content]
    refusal: Callable[[str], Any]
    texts: Callable[[Body], int] = lambda body: body.get("n") or 1


# --- OpenAI, and the many that speak like it -------------------------------------------------
USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


def _chat(path: str, body: Body, texts: list[str]) -> Content:
    head = {"id": "c1", "created": 1, "model": "m", "system_fingerprint": "fp"}
    if not body.get("stream"):
        choices = [
            {"index": i, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            for i, text in enumerate(texts)
        ]
        return as_json({**head, "object": "chat.completion", "choices": choices, "usage": USAGE})
    head["object"] = "chat.completion.chunk"
    deltas = [({"role": "assistant", "content": texts[0]}, None), ({}, "stop")]
    return as_events(
        [
            *(
                {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
                for delta, end in deltas
            ),
            {**head, "choices": [], "usage": USAGE},
        ]
    )


def _openai_error(said: str) -> Any:
    return {
        "error": {"message": said, "type": "invalid_request_error", "param": None, "code": None}
    }


def _responses(path: str, body: Body, texts: list[str]) -> Content:
    part = {"type": "output_text", "text": texts[0], "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    whole = {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed",
        "error": None, "incomplete_details": None, "instructions": None, "metadata": {},
        "parallel_tool_calls": True, "temperature": 1, "tool_choice": "auto", "tools": [],
        "top_p": 1, "output": [{**message, "content": [part]}],
        "usage": {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12,
                  "input_tokens_details": {"cached_tokens": 0},
                  "output_tokens_details": {"reasoning_tokens": 0}},
    }  # fmt: skip
    if not body.get("stream"):
        return as_json(whole)
    place = {"output_index": 0, "content_index": 0, "item_id": "msg_1"}
    empty = {**message, "status": "in_progress", "content": []}
    events = [
        {"type": "response.created", "response": {**whole, "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": empty},
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
        {"type": "response.output_text.delta", **place, "delta": texts[0], "logprobs": []},
        {"type": "response.output_text.done", **place, "text": texts[0], "logprobs": []},
        {"type": "response.completed", "response": whole},
    ]
    return as_events([{**e, "sequence_number": i} for i, e in enumerate(events)], named=True)


def _mistral_error(said: str) -> Any:
    return {"object": "error", "message": said, "type": "invalid_request_error", "code": 3051}


# --- Anthropic ------------------------------------------------------------------------------
def _anthropic(path: str, body: Body, texts: list[str]) -> Content:
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": None,
        "stop_sequence": None, "content": [], "usage": {"input_tokens": 7, "output_tokens": 1},
    }  # fmt: skip
    text, usage = {"type": "text", "text": texts[0]}, {"input_tokens": 7, "output_tokens": 5}
    if not body.get("stream"):
        return as_json({**message, "stop_reason": "end_turn", "content": [text], "usage": usage})
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    events = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {**text, "type": "text_delta"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    return as_events(events, named=True)


def _anthropic_error(said: str) -> Any:
    error = {"type": "invalid_request_error", "message": said}
    return {"type": "error", "error": error, "request_id": "req_1"}


# --- Google ---------------------------------------------------------------------------------
def _google(path: str, body: Body, texts: list[str]) -> Content:
    candidates = [
        {"index": i, "finishReason": "STOP", "content": {"role": "model", "parts": [{"text": t}]}}
        for i, t in enumerate(texts)
    ]
    usage = {"promptTokenCount": 7, "candidatesTokenCount": 5, "totalTokenCount": 12}
    whole = {"candidates": candidates, "usageMetadata": usage, "modelVersion": "m"}
    if "stream" not in path:
        return as_json(whole)
    return "text/event-stream", f"data: {json.dumps(whole)}\n\n".encode()


def _google_error(said: str) -> Any:
    return {"error": {"code": 400, "message": said, "status": "INVALID_ARGUMENT"}}


def _candidate_count(body: Body) -> int:
    return (body.get("generationConfig") or {}).get("candidateCount") or 1


# --- Bedrock --------------------------------------------------------------------------------
def _frame(kind: str, payload: Any) -> bytes:
    """Return one message of AWS's event stream: lengths, headers, payload, checksums."""
    headers = b""
    pairs = (
        (":event-type", kind),
        (":content-type", "application/json"),
        (":message-type", "event"),
    )
    for name, value in pairs:
        headers += bytes([len(name)]) + name.encode() + b"\x07"
        headers += struct.pack(">H", len(value)) + value.encode()
    data = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(data), len(headers))
    begin = prelude + struct.pack(">I", crc32(prelude)) + headers + data
    return begin + struct.pack(">I", crc32(begin))


def _bedrock(path: str, body: Body, texts: list[str]) -> Content:
    usage = {"inputTokens": 7, "outputTokens": 5, "totalTokens": 12}
    if not path.endswith("converse-stream"):
        message = {"role": "assistant", "content": [{"text": texts[0]}]}
        return as_json(
            {"output": {"message": message}, "stopReason": "end_turn", "usage": usage,
             "metrics": {"latencyMs": 1}}
        )  # fmt: skip
    frames = [
        _frame("messageStart", {"role": "assistant"}),
        _frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": texts[0]}}),
        _frame("contentBlockStop", {"contentBlockIndex": 0}),
        _frame("messageStop", {"stopReason": "end_turn"}),
        _frame("metadata", {"usage": usage, "metrics": {"latencyMs": 1}}),
    ]
    return "application/vnd.amazon.eventstream", b"".join(frames)


# --- Ollama ---------------------------------------------------------------------------------
def _ollama(path: str, body: Body, texts: list[str]) -> Content:
    line = {
        "model": "m", "created_at": "2026-01-01T00:00:00Z", "done": True, "done_reason": "stop",
        "message": {"role": "assistant", "content": texts[0]},
        "prompt_eval_count": 7, "eval_count": 5,
    }  # fmt: skip
    return "application/x-ndjson", json.dumps(line).encode() + b"\n"


CHAT = Wire(_chat, _openai_error)
RESPONSES = Wire(_responses, _openai_error)
MISTRAL = Wire(_chat, _mistral_error)
ANTHROPIC = Wire(_anthropic, _anthropic_error)
GOOGLE = Wire(_google, _google_error, _candidate_count)
BEDROCK = Wire(_bedrock, lambda said: {"message": said})
OLLAMA = Wire(_ollama, lambda said: {"error": said})


@dataclass
class WireServer:
    """A server of one protocol on 127.0.0.1; each connection ends with its answer.

    Attributes:
        refuse: Returns why a request (its body) is refused, or `None`.
        asked: Path, body and status of each request.
    """

    wire: Wire
    refuse: Callable[[Body], str | None] = lambda body: None
    asked: list[tuple[str, Body, int]] = field(default_factory=list)

    def __enter__(self) -> Self:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, (kind, content) = owner.reply(self.path, json.loads(raw or b"{}"))
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                if status != 200:
                    self.send_header("x-amzn-errortype", "ValidationException")
                self.end_headers()
                self.wfile.write(content)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def reply(self, path: str, body: Body) -> tuple[int, Content]:
        if said := self.refuse(body):
            self.asked.append((path, body, 400))
            return 400, as_json(self.wire.refusal(said))
        self.asked.append((path, body, 200))
        texts = [f"text {len(self.asked)}.{i}" for i in range(self.wire.texts(body))]
        return 200, self.wire.answer(path, body, texts)
