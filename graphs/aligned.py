"""What a call returns: a finished run, with what it gained and where it comes from."""

from __future__ import annotations

from typing import cast

from langchain_core.messages import AnyMessage
from typing_extensions import TypedDict

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.final_answer import answer_of, without_answer
from ..core.gain import Gain, gain_of
from ..core.login import without_login
from ..core.provenance import Provenance, package_version, settings_shown
from ..core.reference_mark import without_reference
from ..core.several_policies import named_policies
from ..core.state import Candidate, Round, State
from ..core.stop_reason import StopReason
from ..core.usage import Usage
from ..models.policy import model_name
from ..models.unwrap import is_chat_like
from ..nodes.paid.run_models import GivenModels

PARTS = {  # settings, and what is given for them
    "policy": "policy",
    "critic": "critic",
    "reward": "reward",
    "heldout": "heldout",
    "fallback_reward": "fallback",
    "prompts": "prompts",
}


class Aligned(TypedDict):
    """What a run returns; `tpo.as_json` makes plain JSON of it."""

    answer: str
    reward: float
    messages: list[AnyMessage]
    candidates: list[Candidate]
    rounds: list[Round]
    stop_reason: StopReason
    usage: Usage
    gain: Gain | None
    """What the rounds after the first samples were worth."""
    provenance: Provenance


def aligned_of(state: State, given: GivenModels, context: Context) -> Aligned:
    """Return the result of a finished run."""
    kept = {name: value for name, value in state.items() if name in Aligned.__annotations__}
    winner = answer_of(state, state["stop_reason"])
    gain = gain_of(state["candidates"], state["usage"], winner)
    made = {**kept, "gain": gain, "provenance": provenance_of(state, given, context)}
    return cast("Aligned", made)


def provenance_of(state: State, given: GivenModels, context: Context) -> Provenance:
    """Return where the result of a finished run comes from.

    Args:
        state: The values the run ended with.
        given: What the caller gave as objects or specs.
        context: The settings.
    """
    parts = {setting: getattr(given, name) for setting, name in PARTS.items()}
    named = {name: part_name(part) for name, part in parts.items() if part is not None}
    settings = {**settings_shown(context), **named}
    several = [part_name(policy) for policy in given.policies or ()]
    settings |= {"policies": several} if several else {}
    policy = ", ".join(several) or named.get("policy") or named_policies(context)
    return Provenance(
        query=read_conversation(without_answer(state)).query,
        policy=policy,
        critic=settings["critic"] or policy,
        ranked_by=state["rounds"][-1]["ranked_by"],
        seed=context.seed,
        settings=settings,
        version=package_version(),
    )


def part_name(part: object) -> str:
    """Return what a model, a reward or prompts are called.

    Example:
        >>> part_name(len), part_name("openai:m@http://user:key@host/v1")
        ('len', 'openai:m@http://host/v1')
    """
    if isinstance(part, str) or is_chat_like(part):
        return without_reference(model_name(part))
    own = getattr(part, "name", None) or getattr(part, "__name__", type(part).__name__)
    return without_login(str(own))
