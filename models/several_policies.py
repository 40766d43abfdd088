"""The policies of a run that may have several: which they are, who writes what, who goes on."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace

from ..core.context import Context
from ..core.errors import ConfigError
from ..core.login import without_login
from ..core.several_policies import shares, told_apart
from ..core.state import State
from .own_parameters import with_parameters
from .policy import Policy, PolicyLike, resolve_policy


def policies_of(
    policy: PolicyLike | None, policies: Sequence[PolicyLike] | None, context: Context
) -> Sequence[PolicyLike]:
    """Return the policies of a run, at least one: as they are given, else as they are named.

    Args:
        policy: A single one, if it is given. An empty text is a mistake, such as a variable that
            is not set, and refused later; `None` is not given.
        policies: Several, if they are given.
        context: The settings of the run.

    Raises:
        ConfigError: `policies` is a single model, an empty list, or given beside a policy.
    """
    if policies is None:
        return context.policies or [context.policy] if policy is None else [policy]
    if not isinstance(policies, list | tuple):
        raise ConfigError("policies takes a list of models; a single one is policy=...")
    if not policies:
        raise ConfigError("policies is empty: name at least one model, or leave it out")
    if policy is not None:
        raise ConfigError("policy and policies are both given: name all models in policies")
    return policies


async def resolve_policies(
    policies: Sequence[PolicyLike], width: int, parameters: Sequence[str] = ()
) -> tuple[Policy, ...]:
    """Return the policies of a run; several are told apart by their names.

    Args:
        policies: Chat models or specs, at least one.
        width: How many first samples they divide.
        parameters: What goes with each of their requests, as the settings hold it.

    Raises:
        ConfigError: there are fewer samples than policies, or what `resolve_policy` raises.
    """
    found = [with_parameters(await resolve_policy(policy), parameters) for policy in policies]
    if len(found) == 1:
        return tuple(found)
    if len(found) > width:
        raise ConfigError(
            f"width={width} is too few first samples for {len(found)} policies: give a width of "
            f"{len(found)} or more"
        )
    names = told_apart([policy.name for policy in found])
    return tuple(replace(p, name=n, owner=n) for p, n in zip(found, names, strict=True))


def divided(policies: Sequence[Policy], width: int, drafts: int = 0) -> list[tuple[Policy, range]]:
    """Return the policies that write first samples, each with its places.

    Args:
        policies: Those of the run.
        width: How many candidates there are to be.
        drafts: How many of them the caller brings.
    """
    places = shares(width, len(policies), drafts)
    return [(p, mine) for p, mine in zip(policies, places, strict=True) if mine]


def going_on(policies: Sequence[Policy], state: State) -> Policy:
    """Return the policy that writes after round 0: the one its record names, else the first.

    Args:
        policies: Those of the run; a fork may have others than the run before it.
        state: The run, with round 0 ranked.
    """
    decided = state["rounds"][0].get("policy")
    return next((policy for policy in policies if policy.owner == decided), policies[0])


def names_of(policies: Sequence[Policy]) -> str:
    """Return the names of all policies in one text."""
    return ", ".join(policy.name for policy in policies)


def doctor_policy(names: str) -> str:
    """Return the command that looks into a policy, if its name is a spec.

    Example:
        >>> doctor_policy("openai:gpt-5-mini"), doctor_policy("GenericFakeChatModel")
        ('tpo doctor --policy openai:gpt-5-mini', 'tpo doctor')
    """
    one = ":" in names and ", " not in names
    return f"tpo doctor --policy {shlex.quote(without_login(names))}" if one else "tpo doctor"
