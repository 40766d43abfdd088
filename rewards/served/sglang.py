"""A reward model served by SGLang: `sglang:http://HOST:30000?tokenizer=MODEL`.

Start it with `python -m sglang.launch_server --model-path MODEL --is-embedding`. Asked:
`POST /classify` with `{text: [...]}`, answered by a list of `{embedding: [score], ...}` in
the same order. Sources: docs.sglang.io, "SGLang Native APIs", section "Classify (reward
model)", and "Reward Models"; `EmbeddingReqInput` in python/sglang/srt/managers/io_struct.py.

- The text is the whole conversation, written here: `tokenizer=` or `template=` says how.
- The scores are raw. (`/v1/classify` is another route: it applies a softmax, so a single
  label is always 1.0.)
- The server adds special tokens when it tokenizes (measured by others on 0.5.9), so a BOS
  that the chat template writes is left out of the text.
- A text longer than the context is refused, unless the server runs with
  `--allow-auto-truncate`: then it is cut silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AnyMessage

from ...core.errors import ConfigError
from ..base import Score
from .read_scores import read_number_at
from .reward import ServedReward
from .templated import OPTIONS, TemplatedReward, write_texts


@dataclass(frozen=True, eq=False, kw_only=True)
class SglangReward(TemplatedReward):
    """Scores with a sequence classifier behind SGLang, 32 answers per request.

    Args:
        model: The served model's name; SGLang serves one and does not ask for it.
        label: Which number is the reward, from 0, where the model gives several.
        tokenizer: See `TemplatedReward`; this or `template` is needed.
        template: See `TemplatedReward`.

    Example:
        >>> SglangReward("http://127.0.0.1:30000", tokenizer="org/model").name
        'sglang:http://127.0.0.1:30000?tokenizer=org/model'
    """

    model: str | None = None
    label: int | None = None

    protocol = "sglang"
    advice = "is it SGLang, with a reward model and --is-embedding?"
    raw_advice = "SGLang's /classify squashes nothing, so the model's own head or a proxy does"
    readers = {**ServedReward.readers, "label": int}  # noqa: RUF012  as declared in the base

    def __post_init__(self) -> None:
        super().__post_init__()
        if self._template is None:
            raise ConfigError(
                f"sglang scores text, so say how a conversation is written: {OPTIONS}"
            )
        if self.label is not None and self.label < 0:
            raise ConfigError("sglang: label counts from 0")

    async def _ask(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        assert self._template  # checked when built
        body: dict[str, object] = {"text": await write_texts(self._template, messages, answers)}
        if self.model:
            body["model"] = self.model
        items = await self._server.post("/classify", body)
        if not isinstance(items, list) or len(items) != len(answers):
            raise self._server.malformed(items, f"{len(answers)} results in order")
        vectors = [item.get("embedding") if isinstance(item, dict) else item for item in items]
        return [read_number_at(self._server, vector, self.label) for vector in vectors]
