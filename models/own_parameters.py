"""Parameters of the provider that go with each request to a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core.settings.parameters import parameters_by_name
from .policy import Policy


def with_parameters(policy: Policy, given: Sequence[str]) -> Policy:
    """Return a policy whose requests carry these as well.

    A model of the OpenAI protocol takes them into the body, as they are. Of another one they
    are its own fields where it has them, and else arguments of the call.

    Args:
        policy: Whom to ask.
        given: The parameters, as the settings hold them.
    """
    parameters, fields = parameters_by_name(given), type(policy.model).model_fields
    if not parameters:
        return policy
    if "extra_body" in fields:
        return replace(policy, extra_body={**policy.extra_body, **parameters})
    own = {name: value for name, value in parameters.items() if name in fields}
    rest = {name: value for name, value in parameters.items() if name not in fields}
    model = policy.model.model_copy(update=own) if own else policy.model
    return replace(policy, model=model, arguments={**policy.arguments, **rest})
