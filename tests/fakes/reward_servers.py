"""Servers of the reward protocols on 127.0.0.1: vLLM, SGLang, TEI and llama.cpp's.

Requests and responses as in the servers' own documentation and source; what each adapter's
docstring names. Stricter than the real ones in one thing: an unknown field is refused.
Their model scores a text by `score_of`, or as a test says.
"""

import json
import math
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from hashlib import sha256
from typing import Any, ClassVar, Self

from loopback_server import _Handler, _Http
from loopback_wire import Asked, Fault

Refusal = tuple[int, Any]
BOS = "<s>"  # what the tokenizers of SGLang and TEI put in front of a text
DOWN = Fault(status=503, body={"error": "down"}, headers={"retry-after": "0"}, times=None)


def score_of(text: str) -> float:
    """Return a score from -8 to 8 that depends on every character of a text."""
    return int(sha256(text.encode()).hexdigest()[:8], 16) % 16001 / 1000 - 8


def as_text(chat: Iterable[Mapping[str, Any]]) -> str:
    """Return what the chat template of the model behind the vLLM server makes of a chat."""
    return "".join(f"<{turn['role']}>{turn['content']}</>" for turn in chat)


def as_pair(query: str, text: str) -> str:
    """Return what the rerankers make of a query and a text."""
    return f"{query}<sep>{text}"


def squash(score: float) -> float:
    """Return the sigmoid of a score, in single precision like the servers."""
    return round(1 / (1 + math.exp(-score)), 7)


class _RewardHandler(_Handler):
    server: "_RewardHttp"

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        if len(raw := self.rfile.read(length)) < length:
            raise ConnectionResetError  # the client was killed while it sent
        self._answer(json.loads(raw))

    def _answer(self, body: Any) -> None:
        asked, owner = self._asked(body), self.server.owner
        asked.headers["method"] = self.command
        owner.asked.append(asked)
        owner.connections.add(self.client_address)
        fault = owner.next_fault(body)
        self._pause(fault.hang if fault else 0.0)
        if fault and fault.close:
            raise ConnectionAbortedError
        outcome = fault.outcome() if fault else None
        status, content = outcome or owner.refusal(asked) or (200, owner.reply(asked))
        if status == 200 and not outcome:
            content = owner.spoil(content)
        asked.status, asked.finished = status, True
        if not isinstance(content, str | bytes):
            content = json.dumps(content)  # as text: a list would be sent as events
        self._send(status, content, fault.headers if fault else {})


class _RewardHttp(_Http):
    owner: "RewardServer"

    def __init__(self, owner: "RewardServer") -> None:
        super().__init__(owner)  # type: ignore[arg-type]
        self.RequestHandlerClass = _RewardHandler


@dataclass(eq=False)
class RewardServer:
    """Base; a context manager whose options may change while it runs.

    Attributes:
        score: The model: from a text to its score.
        squashed: Whether scores go through a sigmoid whatever the request says.
        spoil: Changes a good response before it is sent.
        script: What goes wrong, request by request.
        longest: Characters that fit the model.
        asked: What came.
    """

    score: Callable[[str], Any] = score_of
    _: KW_ONLY
    squashed: bool = False
    spoil: Callable[[Any], Any] = lambda response: response
    script: Iterable[Fault] = ()
    api_key: str | None = None
    longest: int = 100_000
    asked: list[Asked] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    errors: list[Exception] = field(default_factory=list)

    routes: ClassVar[dict[str, str]] = {}
    fields: ClassVar[dict[str, tuple[set[str], set[str]]]] = {}  # per path: needed, allowed too

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._http = _RewardHttp(self)
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, _kind: object, raised: BaseException | None, _trace: object) -> None:
        self._http.stop()
        if self.errors and not raised:
            raise self.errors[0]

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def bodies(self) -> list[Any]:
        """The bodies of all POSTs."""
        return [asked.body for asked in self.asked if asked.headers["method"] == "POST"]

    def next_fault(self, body: Any) -> Fault | None:
        """Use the first fault of the script that is left for this request."""
        with self._lock:
            fits = (f for f in self.script if f.used != f.times and f.when(body))
            if fault := next(fits, None):
                fault.used += 1
            return fault

    def error(self, status: int, message: str) -> Refusal:
        """Return a refusal in the server's own form."""
        return status, {"error": {"code": status, "message": message, "type": "error"}}

    def texts(self, asked: Asked) -> list[str]:
        """Return what the model reads, text by text."""
        raise NotImplementedError

    def too_long(self, text: str) -> Refusal:
        """Return the refusal of a text."""
        raise NotImplementedError

    def respond(self, asked: Asked) -> Any:
        """Return the response to a good request."""
        raise NotImplementedError

    def refusal(self, asked: Asked) -> Refusal | None:
        """Return why a request is not accepted, if it is not."""
        if self.api_key and asked.headers.get("authorization") != f"Bearer {self.api_key}":
            return self.error(401, f"Invalid API key: {asked.headers.get('authorization')}")
        if self.routes.get(asked.path) != asked.headers["method"]:
            return self.error(404, "Not Found")
        if asked.headers["method"] == "GET":
            return None
        needed, allowed = self.fields[asked.path]
        if missing := needed - asked.body.keys():
            return self.error(422, f"missing field {missing}")
        if unknown := asked.body.keys() - needed - allowed:
            return self.error(422, f"unknown field {unknown}")
        long = [text for text in self.texts(asked) if len(text) > self.longest]
        return self.too_long(long[0]) if long else None

    def reply(self, asked: Asked) -> Any:
        """Return the response; `GET` routes differ per server."""
        return self.respond(asked)

    def scores(self, asked: Asked, raw: bool) -> list[Any]:
        """Return the scores of a request, raw only if asked for and not squashed anyway."""
        values = [self.score(text) for text in self.texts(asked)]
        plain = raw and not self.squashed
        return [v if plain or not isinstance(v, float) or v != v else squash(v) for v in values]


@dataclass(eq=False)
class VllmServer(RewardServer):
    """`vllm serve MODEL --runner pooling`, as of 0.13 and later."""

    _: KW_ONLY
    models: tuple[str, ...] = ("reward-model",)
    others: tuple[float, ...] = ()  # further numbers of the head, behind the score

    routes: ClassVar = {"/v1/models": "GET", "/classify": "POST"}
    fields: ClassVar = {"/classify": ({"messages"}, {"model", "use_activation"})}

    def texts(self, asked):
        return [as_text(asked.body["messages"])]

    def too_long(self, text):
        message = f"This model's maximum context length is {self.longest} tokens. Shorten it."
        return self.error(400, message)

    def refusal(self, asked):
        if refused := super().refusal(asked):
            return refused
        if asked.body.get("model", self.models[0]) not in self.models and asked.body:
            return self.error(404, f"The model `{asked.body['model']}` does not exist.")
        return None

    def respond(self, asked):
        if asked.path == "/v1/models":
            cards = [{"id": name, "object": "model", "owned_by": "vllm"} for name in self.models]
            return {"object": "list", "data": cards}
        raw = asked.body.get("use_activation") is False
        probs = [self.scores(asked, raw)[0], *self.others]
        item = {"index": 0, "label": "LABEL_0", "probs": probs, "num_classes": len(probs)}
        usage = {"prompt_tokens": 9, "total_tokens": 9, "completion_tokens": 0}
        return {
            "id": "classify-1",
            "object": "list",
            "created": 1745383065,
            "model": self.models[0],
            "data": [item],
            "usage": {**usage, "prompt_tokens_details": None},
        }


@dataclass(eq=False)
class SglangServer(RewardServer):
    """`python -m sglang.launch_server --model-path MODEL --is-embedding`."""

    _: KW_ONLY
    others: tuple[float, ...] = ()

    routes: ClassVar = {"/classify": "POST"}
    fields: ClassVar = {"/classify": ({"text"}, {"model"})}

    def texts(self, asked):
        text = asked.body["text"]
        return [BOS + one for one in ([text] if isinstance(text, str) else text)]

    def too_long(self, text):
        length, most = len(text), self.longest
        return self.error(
            400, f"The input ({length} tokens) is longer than the model's context length ({most})."
        )

    def respond(self, asked):
        items = [
            {
                "embedding": [score, *self.others],
                "meta_info": {"id": f"r{i}", "finish_reason": {"type": "length"}},
            }
            for i, score in enumerate(self.scores(asked, raw=True))
        ]
        return items[0] if isinstance(asked.body["text"], str) else items


@dataclass(eq=False)
class TeiServer(RewardServer):
    """`text-embeddings-router --model-id MODEL`, with a reranker or a classifier."""

    _: KW_ONLY
    labels: tuple[str, ...] = ("LABEL_0",)
    kind: str | None = None  # as the real one decides it: by the number of labels
    most: int = 32

    routes: ClassVar = {"/info": "GET", "/predict": "POST", "/rerank": "POST"}
    fields: ClassVar = {
        "/predict": ({"inputs"}, {"raw_scores", "truncate", "truncation_direction"}),
        "/rerank": (
            {"query", "texts"},
            {"raw_scores", "truncate", "truncation_direction", "return_text"},
        ),
    }

    @property
    def model_type(self):
        return self.kind or ("classifier" if len(self.labels) > 1 else "reranker")

    def error(self, status, message):
        return status, {"error": message, "error_type": "Validation"}

    def texts(self, asked):
        if asked.path == "/rerank":
            return [as_pair(asked.body["query"], text) for text in asked.body["texts"]]
        inputs = asked.body["inputs"]
        inputs = [inputs] if isinstance(inputs[0], str) else inputs  # a flat list is one pair
        return [as_pair(*given) if len(given) == 2 else BOS + given[0] for given in inputs]

    def too_long(self, text):
        return self.error(
            422, f"`inputs` must have less than {self.longest} tokens. Given: {len(text)}"
        )

    def refusal(self, asked):
        asked.body = asked.body or {}
        cut = asked.body.get("truncate", True)
        if (refused := super().refusal(asked)) and not (cut and "must have less" in str(refused)):
            return refused
        if asked.path == "/rerank" and self.model_type != "reranker":
            return self.error(424, "model is not a re-ranker model")
        if asked.path != "/info" and (size := len(self.texts(asked))) > self.most:
            return self.error(422, f"batch size {size} > maximum allowed batch size {self.most}")
        return None

    def respond(self, asked):
        if asked.path == "/info":
            ids = {str(i): label for i, label in enumerate(self.labels)}
            model = {"id2label": ids, "label2id": {label: int(i) for i, label in ids.items()}}
            return {
                "model_id": "reward-model",
                "model_dtype": "float16",
                "model_type": {self.model_type: model},
                "max_client_batch_size": self.most,
                "auto_truncate": True,
                "version": "1.9.3",
            }
        scores = self.scores(asked, asked.body.get("raw_scores", False))
        if asked.path == "/rerank":
            ranks = [{"index": i, "score": score} for i, score in enumerate(scores)]
            return sorted(ranks, key=lambda rank: -rank["score"])
        # The first label has the score, the others less and less, or more and more.
        steps = [(i, label) for i, label in enumerate(self.labels)]
        rows = [[{"score": s + i, "label": label} for i, label in steps] for s in scores]
        return [sorted(row, key=lambda pair: -pair["score"]) for row in rows]


@dataclass(eq=False)
class LlamaCppServer(RewardServer):
    """`llama-server -m MODEL.gguf --embedding --pooling rank`."""

    routes: ClassVar = {"/v1/rerank": "POST"}
    fields: ClassVar = {"/v1/rerank": ({"query", "documents"}, {"model", "top_n"})}

    def texts(self, asked):
        return [as_pair(asked.body["query"], text) for text in asked.body["documents"]]

    def too_long(self, text):
        return self.error(
            500,
            f"input ({len(text)} tokens) is too large to process. increase the physical batch "
            f"size (current batch size: {self.longest})",
        )

    def respond(self, asked):
        scores = self.scores(asked, raw=True)
        results = [{"index": i, "relevance_score": score} for i, score in enumerate(scores)]
        random.Random(len(results)).shuffle(results)  # newer servers sort by score
        usage = {"prompt_tokens": 9, "total_tokens": 9}
        return {"model": "model.gguf", "object": "list", "usage": usage, "results": results}
