"""OpenRLHF: columns that its flags name, as messages for `--apply_chat_template`."""

from __future__ import annotations

from ...core.json_types import JsonObject
from .examples import Contrast, Example, Task
from .trainer import Trainer, says


def openrlhf_row(example: Example, task: Task) -> JsonObject:
    """Return a row; for KTO the response is the whole conversation, as its template wants it."""
    if isinstance(example, Contrast):
        chosen, rejected = says(example.chosen), says(example.rejected)
        return {"prompt": example.prompt, "chosen": chosen, "rejected": rejected, **example.about}
    if task == "kto":
        whole = [*example.prompt, *says(example.text)]
        return {"response": whole, "label": int(example.good), **example.about}
    return {"input": example.prompt, "output": says(example.text), **example.about}


OPENRLHF = Trainer("openrlhf", openrlhf_row)
