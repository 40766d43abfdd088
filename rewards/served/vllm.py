"""A reward model served by vLLM: `vllm:http://HOST:8000?model=NAME`.

Start it with `vllm serve MODEL --runner pooling`. Asked: `POST /classify` in its chat form,
`{model, messages, use_activation: false}`, answered by `data[0].probs`. Sources:
docs.vllm.ai, "Classification Usages" and "Reward Usage" (sequence reward models are
classifiers); `ChatRequestMixin` and `ClassifyRequestMixin` in
vllm/entrypoints/pooling/base/protocol.py. Run against vLLM 0.32.0 on a CPU with a small
Llama classifier: equal to the logits of transformers to 2e-5 in fp32.

- `use_activation` defaults to true, which is a sigmoid for one label.
- The chat form renders with the model's own chat template and does not add a second BOS;
  it takes one conversation per request, so the requests run side by side.
- Neither `truncate_prompt_tokens` nor anything like it is sent: a text that does not fit is
  refused and unscored, not cut.
- `--api-key` guards `/v1` only; `/classify` answers anybody who reaches the port.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AnyMessage

from ...core.errors import ConfigError, RewardError
from ..base import Score, unscored
from ..chat import Chat, chat_of
from .read_scores import read_indexed, read_number_at
from .reward import ServedReward


@dataclass(frozen=True, eq=False, kw_only=True)
class VllmReward(ServedReward):
    """Scores with a sequence classifier behind vLLM.

    Args:
        model: The served model's name; without it, the only one of `/v1/models`.
        label: Which number is the reward, from 0, where the model gives several.

    Example:
        >>> VllmReward("http://127.0.0.1:8000/v1", model="rm").name
        'vllm:http://127.0.0.1:8000?model=rm'
    """

    model: str | None = None
    label: int | None = None

    protocol = "vllm"
    batch_size = 1  # one conversation per request anyway; so each score is saved by itself
    advice = "is it vLLM, with a reward model (vllm serve MODEL --runner pooling)?"
    raw_advice = (
        "this server ignores use_activation=false; update vLLM, or start it with "
        "--pooler-config '{\"use_activation\": false}'"
    )
    readers = {**ServedReward.readers, "label": int}  # noqa: RUF012  as declared in the base

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.label is not None and self.label < 0:
            raise ConfigError("vllm: label counts from 0")

    async def _ask(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        model = self.model or self._known.get("model")
        if model is None:
            answer = await self._server.get("/v1/models")
            items = answer.get("data") if isinstance(answer, dict) else None
            names = [i.get("id") for i in items or () if isinstance(i, dict)]
            if len(names) != 1 or not isinstance(names[0], str):
                raise RewardError(
                    f"{self.url} serves {len(names)} models ({', '.join(map(str, names[:5]))}): "
                    "name one with model=NAME"
                )
            self._known["model"] = model = names[0]
        calls = [self._one(model, chat_of(messages, answer)) for answer in answers]
        results = await asyncio.gather(*calls, return_exceptions=True)
        errors = [r for r in results if isinstance(r, BaseException)]
        for error in errors:
            if not isinstance(error, RewardError) or len(errors) == len(results):
                raise error
        return [unscored(str(r)) if isinstance(r, BaseException) else r for r in results]

    async def _one(self, model: str, chat: Chat) -> Score:
        body = {"model": model, "messages": chat, "use_activation": False}
        answer = await self._server.post("/classify", body)
        items = answer.get("data") if isinstance(answer, dict) else answer
        (score,) = read_indexed(
            self._server,
            items,
            1,
            lambda i: read_number_at(self._server, i.get("probs"), self.label),
        )
        return score
