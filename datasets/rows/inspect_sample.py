"""One result as a sample of an inspect log: plain JSON with inspect's own fields."""

from __future__ import annotations

from ...core.json_types import JsonObject
from ...core.message_text import text_in
from ...core.usage import Cost
from ..records import RowResult

REWARDS = ("reward", "heldout")
ROLES = {"developer": "system"}
KEPT = ("stop_reason", "rounds", "thread_id", "turns", "settings")


def sample_of(row: RowResult, model: str, verify_field: str) -> JsonObject:
    """Return the sample of a row.

    Args:
        row: The result.
        model: What the model is called.
        verify_field: The column with the expected answer, if there is one: inspect's target.
    """
    asked = [inspect_message(message) for message in row["messages"]]
    answer = row["answer"]
    answered = [{"role": "assistant", "content": answer}] if answer is not None else []
    usage = {model: inspect_usage(row["usage"]["total"])} if row["usage"] else {}
    about = {name: value for name in KEPT if (value := row.get(name)) is not None}
    return {
        "id": row["id"],
        "epoch": 1,
        "input": asked,
        "target": str(row["input"].get(verify_field, "")) if verify_field else "",
        "messages": [*asked, *answered],
        "output": {"model": model, "choices": [{"message": said} for said in answered]},
        "scores": scores_of(row),
        "metadata": {**row["input"], "tpo": about},
        "model_usage": usage,
        "total_time": row["seconds"],
        "error": inspect_error(row),
    }


def scores_of(row: RowResult) -> JsonObject:
    """Return the rewards of an answer, by their names."""
    answer = row["answer"]
    found = {"reward": row["reward"], "heldout": row["heldout"]}
    return {
        name: {"value": value, "answer": answer}
        for name, value in found.items()
        if value is not None
    }


def inspect_error(row: RowResult) -> JsonObject | None:
    """Return why a row has no answer, if so."""
    if row["error"] is None:
        return None
    said = f"{row['error']['kind']}: {row['error']['message']}"
    return {"message": said, "traceback": said, "traceback_ansi": said}


def inspect_message(message: JsonObject) -> JsonObject:
    """Return a message in inspect's form: its texts and pictures, and who said it."""
    role, content = str(message.get("role")), message.get("content")
    said = {"role": ROLES.get(role, role), "content": content or ""}
    if isinstance(content, list):
        said["content"] = [block_of(block) for block in content]
    return said


def block_of(block: str | JsonObject) -> JsonObject:
    """Return a block of content: a text, a picture, or the JSON of anything else as a text."""
    if (text := text_in(block)) is not None or isinstance(block, str):
        return {"type": "text", "text": text or ""}
    url = (block.get("image_url") or {}).get("url")
    return {"type": "image", "image": url} if url else {"type": "text", "text": str(block)}


def inspect_usage(paid: Cost) -> JsonObject:
    """Return a cost in inspect's form, which counts tokens from a cache apart."""
    fresh = paid["input_tokens"] - paid["cached_tokens"]
    return {
        "input_tokens": fresh,
        "input_tokens_cache_read": paid["cached_tokens"],
        "output_tokens": paid["output_tokens"],
        "total_tokens": paid["input_tokens"] + paid["output_tokens"],
        "total_cost": paid.get("cost_usd"),
    }
