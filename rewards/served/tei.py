"""A reward model served by Text Embeddings Inference: `tei:http://HOST:8080`.

Start it with `text-embeddings-router --model-id MODEL`. Sources: the project's
docs/openapi.json (1.9.3) and router/src/http/{types,server}.rs; seen there:

- `GET /info` has `model_type`: `reranker` for a sequence classifier with one label (also for
  a reward model), `classifier` for several, `embedding` for neither.
- `POST /rerank` `{query, texts, raw_scores, truncate}` gives `[{index, score}]`, best first.
  The server joins query and text as its tokenizer joins pairs, without a chat template.
- `POST /predict` `{inputs: [[text], ...], raw_scores, truncate}` gives one list of
  `{score, label}` per text, best label first. A flat list of two strings is one pair.
- `raw_scores` is false by default (sigmoid or softmax). `truncate` follows the server's
  `--auto-truncate`, by default on: sent as false, so that a text that does not fit is refused
  and unscored, not cut.
- Special tokens are added, so a BOS that a chat template writes is left out of the text.
- At most `max_client_batch_size` texts per request (32); one bad text fails them all.

So: with `tokenizer=` or `template=` the conversation is written here and sent to
`/predict`; without, a reranker scores the pair of conversation and answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AnyMessage

from ...core.conversation import read_conversation
from ...core.errors import RewardError
from ...core.json_types import JsonObject
from ..base import Score, unscored
from ..chat import plain_text
from .connection import shown
from .read_scores import read_indexed, read_number
from .templated import OPTIONS, TemplatedReward, write_texts

_OPEN = {"raw_scores": True, "truncate": False}


@dataclass(frozen=True, eq=False, kw_only=True)
class TeiReward(TemplatedReward):
    """Scores with a sequence classifier or reranker behind TEI, 32 answers per request.

    Args:
        label: Name of the label that is the reward, where the model has several.
        tokenizer: See `TemplatedReward`.
        template: See `TemplatedReward`.

    Example:
        >>> TeiReward("http://127.0.0.1:8080", label="helpful").name
        'tei:http://127.0.0.1:8080?label=helpful'
    """

    label: str | None = None

    protocol = "tei"
    advice = "is it text-embeddings-router, with a sequence classification model?"
    raw_advice = "raw scores were asked for, so the model's own head or a proxy squashes them"

    async def _ask(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        kind, labels, limit = await self._info()
        scores: list[Score] = []
        for first in range(0, len(answers), limit):
            batch = answers[first : first + limit]
            if self._template:
                scores += await self._predict(messages, batch, labels)
            elif kind == "reranker":
                query = plain_text(read_conversation(messages).text)
                body = {"query": query, "texts": [plain_text(answer) for answer in batch], **_OPEN}
                items = await self._server.post("/rerank", body)
                scores += read_indexed(
                    self._server, items, len(batch), lambda item: read_number(item.get("score"))
                )
            else:
                raise RewardError(
                    f"the model at {self.url} is a classifier of texts, so say how a "
                    f"conversation is written: {OPTIONS}"
                )
        return scores

    async def _predict(
        self, messages: Sequence[AnyMessage], answers: Sequence[str], labels: Sequence[str]
    ) -> list[Score]:
        assert self._template  # the caller looked
        label = self.label or (labels[0] if len(labels) == 1 else None)
        if label not in labels:
            raise RewardError(
                f"the model at {self.url} has the labels {', '.join(labels)}: say which one's "
                "score is the reward with label=NAME"
            )
        texts = await write_texts(self._template, messages, answers)
        items = await self._server.post("/predict", {"inputs": [[text] for text in texts], **_OPEN})
        if not isinstance(items, list) or len(items) != len(answers):
            raise self._server.malformed(items, f"{len(answers)} lists in order")
        scores: list[Score] = []
        for item in items:  # the `{score, label}` pairs for one text
            pairs = [p for p in item if isinstance(p, dict)] if isinstance(item, list) else []
            found = [pair for pair in pairs if pair.get("label") == label]
            if len(found) == 1:
                scores.append(read_number(found[0].get("score")))
            else:
                why = f"the reward server sent {shown(repr(item))} for label {label!r}"
                scores.append(unscored(why))
        return scores

    async def _info(self) -> tuple[str, list[str], int]:
        """Return the kind of model, its labels, and the most texts per request."""
        if "info" not in self._known:
            answer = await self._server.get("/info")
            try:
                info: JsonObject = answer if isinstance(answer, dict) else {}
                kind, model = next(iter(info["model_type"].items()))
                labels = [str(name) for name in model["id2label"].values()]
                limit = max(1, int(info["max_client_batch_size"]))
            except (KeyError, TypeError, AttributeError, ValueError, StopIteration):
                raise self._server.malformed(
                    answer, "what model it serves, with its labels"
                ) from None
            self._known["info"] = (kind, labels, limit)
        kind, labels, limit = self._known["info"]
        return kind, labels, limit
