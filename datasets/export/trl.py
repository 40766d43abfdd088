"""TRL: its conversational format, which its trainers render with the model's chat template."""

from __future__ import annotations

from ...core.json_types import JsonObject
from .examples import Contrast, Example, Task
from .trainer import Trainer, says


def trl_row(example: Example, task: Task) -> JsonObject:
    """Return a row for `DPOTrainer`, `RewardTrainer`, `KTOTrainer` or `SFTTrainer`."""
    if isinstance(example, Contrast):
        chosen, rejected = says(example.chosen), says(example.rejected)
        return {"prompt": example.prompt, "chosen": chosen, "rejected": rejected, **example.about}
    made = {"prompt": example.prompt, "completion": says(example.text)}
    label = {"label": example.good} if task == "kto" else {}
    return {**made, **label, **example.about}


TRL = Trainer("trl", trl_row)
