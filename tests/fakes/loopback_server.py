"""An OpenAI-compatible chat-completions server on 127.0.0.1, in threads of the test process.

Standard library only. Its client may be a process that is killed. A test needs the mark
`allow_hosts(["127.0.0.1"])` for as long as a server lives: where pytest-socket disables
sockets altogether, a server cannot even accept a connection.
"""

import contextlib
import json
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from socketserver import TCPServer
from typing import Any, Literal, Self

import loopback_wire as wire
from loopback_wire import Asked, Body, Fault, default_answer, error_body, message_text, shaped

__all__ = [
    "Asked",
    "Fault",
    "LoopbackServer",
    "default_answer",
    "error_body",
    "message_text",
    "shaped",
]

CLOSE_WITHIN = 2.0  # seconds that closing waits for handlers, all of which it interrupts
NO_HEADERS: Mapping[str, str] = {}


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    server: "_Http"

    def log_message(self, *args: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        """List the one model."""
        model = {"id": wire.MODEL, "object": "model", "created": 0, "owned_by": "loopback"}
        refusal = self.server.owner.refusal(self._asked({}), wire.MODELS)
        self._send(*(refusal or (200, {"object": "list", "data": [model]})))

    def do_POST(self) -> None:
        """Keep the request, answer it and note whether the client got the answer."""
        length = int(self.headers["content-length"])
        if len(raw := self.rfile.read(length)) < length:
            raise ConnectionResetError
        asked = self._asked(json.loads(raw))
        self.server.owner.asked.append(asked)
        self.server.owner.at_work.add(id(asked))
        try:
            self._answer(asked)
        finally:
            self.server.owner.at_work.discard(id(asked))

    def _answer(self, asked: Asked) -> None:
        status, content, headers = self._outcome(asked)
        self._pause(0.0)
        asked.status, asked.finished = status, True  # before the client can look at it
        try:
            self._send(status, content, headers, asked.body)
        except OSError:
            asked.finished = False
            raise

    def _asked(self, body: Body) -> Asked:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Asked(body, headers, path=self.path)

    def _outcome(self, asked: Asked) -> tuple[int, Any, Mapping[str, str]]:
        """Return the status, the content and the extra headers of the response."""
        owner, body = self.server.owner, asked.body
        if fault := owner.next_fault(body):
            self._pause(fault.hang)
            if fault.close:
                raise ConnectionAbortedError
            if outcome := fault.outcome():
                return *outcome, fault.headers
        if refusal := owner.refusal(asked, owner.chat):
            return *refusal, NO_HEADERS
        self._pause(owner.delay(body) if callable(owner.delay) else owner.delay)
        reply = owner.reply(body)
        include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return (
            200,
            wire.events_of(reply, include_usage) if body.get("stream") else reply,
            NO_HEADERS,
        )

    def _pause(self, seconds: float) -> None:
        """Wait, but not longer than the client stays and the server is open."""
        with selectors.DefaultSelector() as waiting:  # select() stops at 1,024 open files
            waiting.register(self.connection, selectors.EVENT_READ)
            if waiting.select(seconds):
                raise ConnectionResetError

    def _send(
        self, status: int, content: Any, headers: Mapping[str, str] = NO_HEADERS, body: Any = None
    ) -> None:
        """Send a list of events, or text or bytes as they are, or anything else as JSON."""
        usual = {"content-type": "application/json"}
        if isinstance(content, list):
            usual = {"content-type": "text/event-stream", "transfer-encoding": "chunked"}
            pieces = [b"%x\r\n%s\r\n" % (len(event), event) for event in (*content, b"")]
        else:
            text = content if isinstance(content, str | bytes) else json.dumps(content)
            pieces = [text.encode() if isinstance(text, str) else text]
            usual["content-length"] = str(len(pieces[0]))
        self.send_response(status)
        for name, value in (usual | {name.lower(): headers[name] for name in headers}).items():
            self.send_header(name, value)
        self.end_headers()
        for piece in pieces:
            if len(pieces) > 1 and (pace := self.server.owner.pace_of(body or {})):
                self._pause(pace)
            self.wfile.write(piece)


class _Http(ThreadingHTTPServer):
    """Knows its open connections, prints nothing and asks no name server."""

    daemon_threads, request_queue_size = True, 128
    server_bind = TCPServer.server_bind

    def __init__(self, owner: "LoopbackServer") -> None:
        self.owner, self.connections = owner, set[Any]()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.connections.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep the error, unless a client left."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.owner.errors.append(error)

    def stop(self) -> None:
        """Stop listening, end the connections, and with them their threads."""
        with contextlib.suppress(OSError):  # wakes the loop, which looks up seldom by itself
            self.socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        end = time.monotonic() + CLOSE_WITHIN
        while self.connections and time.monotonic() < end:
            time.sleep(0.001)


@dataclass(eq=False)
class LoopbackServer:
    """A server to be used as a context manager; its options may change while it runs.

    An exception of `answer` drops the connection and is kept in `errors`; leaving raises it.
    """

    answer: Callable[[Body, int], str | Body | None] = default_answer
    _: KW_ONLY
    delay: float | Callable[[Body], float] = 0.0
    pace: float = 0.0  # seconds before each piece of a streamed answer
    supports_n: bool | Literal["ignored"] = True
    max_n: int | None = None
    script: Iterable[Fault] = ()
    usage: bool = True
    count_usage_once: bool = True  # False: the prompt counts once for each choice
    cached_tokens: int = 0
    refuse: Collection[str] = ()
    api_key: str | None = None
    chat: str = wire.CHAT  # the one route for texts
    asked: list[Asked] = field(default_factory=list)
    at_work: set[int] = field(default_factory=set)  # requests whose clients wait for an answer
    errors: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.script = list(self.script)
        self._lock, self._numbers = threading.Lock(), count()

    def __enter__(self) -> Self:
        self._http = _Http(self)
        threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(self, _kind: object, raised: BaseException | None, _trace: object) -> None:
        self._http.stop()
        if self.errors and raised:
            raised.add_note(f"The loopback server failed too: {self.errors[0]!r}")
        elif self.errors:
            raise self.errors[0]

    @property
    def base_url(self) -> str:
        """The address to give to a client."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def next_fault(self, body: Body) -> Fault | None:
        """Use the first fault of the script that is left for this request."""
        with self._lock:
            fits = (f for f in self.script if f.used != f.times and f.when(body))
            if fault := next(fits, None):
                fault.used += 1
            return fault

    def pace_of(self, body: Body) -> float:
        """Return how long to wait before the next piece of an answer; asked for each piece."""
        return self.pace

    def refusal(self, asked: Asked, path: str) -> tuple[int, Body] | None:
        """Return the status and the error of a request that is not accepted."""
        if (
            self.api_key is not None
            and asked.headers.get("authorization") != f"Bearer {self.api_key}"
        ):
            return 401, error_body("Incorrect API key provided.", code="invalid_api_key")
        if asked.path != path:
            return 404, error_body(f"Invalid URL ({asked.path})")
        error = wire.refusal_of(asked.body, self.refuse, self.supports_n)
        return (400, error) if error else None

    def reply(self, body: Body) -> Body:
        """Return the completion that answers a request."""
        wanted, limit = body.get("n") or 1, body.get("max_completion_tokens")
        many = 1 if self.supports_n == "ignored" else min(wanted, self.max_n or wanted)
        limit = body.get("max_tokens") if limit is None else limit
        choices = [wire.choice_of(self.answer(body, i), i, limit) for i in range(many)]
        reply = {
            "id": f"chatcmpl-{next(self._numbers)}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body.get("model", wire.MODEL),
            "choices": choices,
        }
        if self.usage:
            prompts = 1 if self.count_usage_once else len(choices)
            reply["usage"] = wire.usage_of(body, choices, prompts, self.cached_tokens)
        return reply
