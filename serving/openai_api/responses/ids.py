"""The ids of responses and of their items: that of the run, in OpenAI's form."""

from __future__ import annotations

from uuid import UUID

RESPONSE, MESSAGE, REASONING, CALL = "resp_", "msg_", "rs_", "fc_"


def public_id(kind: str, run_id: str) -> str:
    """Return the id of a response, or of an item of it.

    Example:
        >>> public_id(RESPONSE, "00000000-0000-0000-0000-00000000000a")
        'resp_0000000000000000000000000000000a'
    """
    return kind + UUID(run_id).hex


def run_id_in(kind: str, public: str) -> str | None:
    """Return the id of the run that such an id stands for, or `None` if it is not one."""
    text = public.removeprefix(kind)
    try:
        run_id = str(UUID(hex=text))
    except ValueError:
        return None
    return run_id if public_id(kind, run_id) == public else None
