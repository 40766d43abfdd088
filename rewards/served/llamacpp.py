"""A reranker served by llama.cpp: `llamacpp:http://HOST:8080`.

Start it with `llama-server -m MODEL.gguf --embedding --pooling rank` (or `--reranking`), and
`-ub` at least as large as the longest conversation with its answer. Asked:
`POST /v1/rerank` `{query, documents}`, answered by `results: [{index, relevance_score}]`.
Sources: tools/server/README.md, "POST /reranking"; `format_prompt_rerank` and `send_rerank`
in tools/server; run against the server of xllamacpp 2026.10.11549.

- The server writes the pair: the GGUF's `rerank` template, or query and document with the
  model's separators between them; never its chat template. So this is for rerankers, not
  for reward models that were trained on chat templates.
- The score is the model's own output: a logit for BERT-like rerankers, and a probability,
  by construction, for Qwen3-Reranker.
- A text that could not be evaluated gets the score -1000000: here it is unscored.
- Older servers refuse a text over `-ub` with status 500; that is not tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AnyMessage

from ...core.conversation import read_conversation
from ...core.json_types import JsonObject
from ..base import Score, unscored
from ..chat import plain_text
from .read_scores import read_indexed, read_number
from .reward import ServedReward

_FAILED = -1e6


@dataclass(frozen=True, eq=False, kw_only=True)
class LlamaCppReward(ServedReward):
    """Scores pairs of conversation and answer with a reranker, 32 answers per request.

    Args:
        model: The model's name, for a server or proxy that has several.

    Example:
        >>> LlamaCppReward("http://127.0.0.1:8080").name
        'llamacpp:http://127.0.0.1:8080'
    """

    model: str | None = None

    protocol = "llamacpp"
    advice = "is it llama-server, started with --embedding --pooling rank?"
    raw_advice = (
        "llama.cpp passes on what the model gives; Qwen3-Reranker gives probabilities by "
        "construction, so use a reranker with a plain score"
    )

    async def _ask(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        body: JsonObject = {
            "query": plain_text(read_conversation(messages).text),
            "documents": [plain_text(answer) for answer in answers],
        }
        if self.model:
            body["model"] = self.model
        answer = await self._server.post("/v1/rerank", body)
        items = answer.get("results") if isinstance(answer, dict) else answer
        scores = read_indexed(
            self._server, items, len(answers), lambda item: read_number(item.get("relevance_score"))
        )
        failed = unscored("llama.cpp could not evaluate this text; its log says why")
        return [failed if score["reward"] == _FAILED else score for score in scores]
