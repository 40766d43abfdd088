"""LLaMA-Factory: ShareGPT rows with OpenAI's names, and the `dataset_info.json` that says so."""

from __future__ import annotations

from ...core.json_types import JsonObject
from .examples import Contrast, Example, Task
from .trainer import Trainer, says

TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


def llama_factory_row(example: Example, task: Task) -> JsonObject | None:
    """Return a row, or `None` if turns do not alternate: the trainer would skip it."""
    turns = [m["role"] for m in example.prompt if m["role"] not in {"system", "developer"}]
    expected = ["user", "assistant"] * len(turns)
    if turns != expected[: len(turns)] or any(m["role"] == "system" for m in example.prompt[1:]):
        return None
    asked = [{**m, "role": m["role"].replace("developer", "system")} for m in example.prompt]
    if isinstance(example, Contrast):
        (chosen,), (rejected,) = says(example.chosen), says(example.rejected)
        return {"conversations": asked, "chosen": chosen, "rejected": rejected, **example.about}
    label = {"label": example.good} if task == "kto" else {}
    return {"conversations": [*asked, *says(example.text)], **label, **example.about}


def dataset_info(name: str, file: str, task: Task) -> JsonObject:
    """Return the `dataset_info.json` that describes a file."""
    columns = {"messages": "conversations"}
    if task in {"dpo", "reward"}:
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    elif task == "kto":
        columns |= {"kto_tag": "label"}
    made: JsonObject = {"file_name": file, "formatting": "sharegpt", "columns": columns}
    ranking = {"ranking": True} if task in {"dpo", "reward"} else {}
    return {name: {**made, **ranking, "tags": TAGS}}


LLAMA_FACTORY = Trainer("llama-factory", llama_factory_row, dataset_info)
