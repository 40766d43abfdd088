"""Axolotl: `chat_template` where a task has it; else a system prompt and one question."""

from __future__ import annotations

from ...core.json_types import JsonObject
from .examples import Contrast, Example, Task
from .trainer import Trainer, says


def axolotl_row(example: Example, task: Task) -> JsonObject | None:
    """Return a row, or `None` if the task's format has no place for earlier turns.

    `dpo` is for `chat_template.default`, `sft` for `chat_template`, `reward` for
    `bradley_terry.chat_template`, `kto` for `chatml.argilla` or `llama3.argilla`.
    """
    if isinstance(example, Contrast) and task == "dpo":
        (chosen,), (rejected,) = says(example.chosen), says(example.rejected)
        return {"messages": example.prompt, "chosen": chosen, "rejected": rejected, **example.about}
    if not isinstance(example, Contrast) and task == "sft":
        return {"messages": [*example.prompt, *says(example.text)], **example.about}
    *system, question = example.prompt
    if len(system) > 1 or any(m["role"] not in {"system", "developer"} for m in system):
        return None
    first = {"system": system[0]["content"] if system else ""}
    if isinstance(example, Contrast):
        texts = {"chosen": example.chosen, "rejected": example.rejected}
        return {**first, "input": question["content"], **texts, **example.about}
    texts = {"instruction": question["content"], "completion": example.text}
    return {**first, **texts, "label": example.good, **example.about}


AXOLOTL = Trainer("axolotl", axolotl_row)
