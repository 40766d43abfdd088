"""Programmatic verifiers: 1 if an answer passes, 0 if it does not.

`rewards/specs.py` lists their specs. Your own is a function, sync or async, that takes one answer
at a time, or an object with the contract of `Reward`, which takes a batch.
"""

from __future__ import annotations

import os
import shlex
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from ...core.errors import MissingDependencyError, SpecError, evidence
from ...core.login import without_login
from ...core.policy_forms import listed
from ...core.reference_mark import named_by
from ...core.user_code.contain import passes
from ..base import Reward
from ..function import FunctionReward, OwnReward, as_reward
from ..planned_reward import PlannedReward
from ..specs import REWARDS
from .command import CommandReward
from .exact import exact_match
from .mathematics import MathReward
from .schema_reward import SchemaReward
from .verifier import Verifier

ALLOWED = "TPO_VERIFIERS"


def verifier_from_spec(rest: str) -> Reward | PlannedReward:
    """Return the verifier a spec names.

    Args:
        rest: What follows `verify:`.

    Raises:
        SpecError: malformed, not found, or an import that is not allowed.
        ConfigError: the schema cannot be read, or is not valid; a class is named, not an object.
        MissingDependencyError: the extra is not installed.
    """
    kind, _, value = rest.partition(":")
    if not value:
        valid = listed(spec for spec in REWARDS if spec.kind == "verify")
        raise SpecError(f"unknown verifier 'verify:{rest}'. Valid forms: {valid}")
    title = without_login(f"verify:{rest}")
    if kind == "exact":
        return FunctionReward(partial(exact_match, expected=value), named_by("exact", value))
    if kind == "math":
        _need("math_verify", "comparing mathematics needs math-verify")
        return MathReward(value)
    if kind == "json":
        return SchemaReward.of_file(value, title)
    if kind == "command":
        check_allowed(rest)
        return CommandReward.from_spec(value)
    own = own_verifier(rest)
    return as_reward(own) if isinstance(own, Reward | PlannedReward) else Verifier(own, title)


def _need(module: str, said: str) -> None:
    if find_spec(module) is None:
        raise MissingDependencyError(f"{said}: pip install 'tpo[verify]'")


def check_allowed(rest: str) -> None:
    """Refuse code that the environment does not name.

    A spec may come from whoever fills in a form; to import or to run what it says would let them
    run any code. So the process's owner lists what may be used, commands word for word, with
    commas between or one on each line.

    Raises:
        SpecError: it is not listed.
    """
    listed_now = os.environ.get(ALLOWED, "")
    if rest in map(str.strip, [*listed_now.split(","), *listed_now.splitlines()]):
        return
    if rest.startswith("command:"):
        what, listed_as = "tpo.CommandReward([...])", shlex.quote(rest)
    else:
        what, listed_as = "the function itself", rest
    raise SpecError(
        f"verifier {rest} is not allowed: list it in the environment, {ALLOWED}={listed_as}, "
        f"or pass {what} as the reward"
    )


def own_verifier(rest: str) -> OwnReward:
    """Import a function or an object that the environment names.

    Args:
        rest: `MODULE:NAME`.

    Raises:
        SpecError: it is not allowed, or not there.
    """
    check_allowed(rest)
    module, _, name = rest.partition(":")
    try:
        own: OwnReward = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SpecError(f"verifier {module}:{name} is not there: {evidence(error)}") from None
    except BaseException as error:  # of the module itself, as it is imported
        if not isinstance(error, Exception) and passes(error):
            raise
        raise SpecError(f"verifier {module}:{name} failed: {evidence(error)}") from error
    if not callable(own) and not isinstance(own, Reward | PlannedReward):
        raise SpecError(f"{module}:{name} is not a function (query, answer) -> float")
    return own
