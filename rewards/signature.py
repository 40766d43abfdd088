"""Whether a user's function can be called as a reward, known before anything is paid.

People bring reward functions from other libraries. Most of them take two arguments as well,
so calling them would fail, or worse, score something else. Their arguments' names tell.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

from ..core.errors import ConfigError
from .foreign import FOREIGN

FORM = "def {name}(query: str, answer: str) -> float"
_ANSWERS = frozenset({"answer", "response", "completion", "output", "reply"})
_QUERIES = frozenset({"query", "question", "prompt", "input", "instruction"})
_LISTS = frozenset({"list", "str", "none", "sequence", "complex", "ndarray"})
_MODELS = {
    "torch.nn.modules.module": "a model of torch",
    "transformers.pipelines.base": "a pipeline of transformers",
}


def check_function(function: Callable[..., object], name: str) -> None:
    """Refuse what cannot be called with a query and an answer, or means something else by them.

    A function that no signature is known of (a builtin) is taken as it is.

    Raises:
        ConfigError: it does not fit; the sentence says what to write.
    """
    check_kind(function, name)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    taken = f"reward {name!r} takes {signature.replace(return_annotation=inspect.Signature.empty)}"
    check_names(_telling(signature), name, taken)
    try:
        signature.bind("", "")
    except TypeError as error:
        raise ConfigError(
            f"{taken} and is called with two texts, the query and the answer ({error}). "
            + _advice(name, f"{name}(...)")
        ) from None
    _check_return(signature.return_annotation, name)


def check_kind(function: object, name: str) -> None:
    """Refuse models, which are not functions of two texts, and what yields.

    Raises:
        ConfigError: it is one of these.
    """
    for base in inspect.getmro(type(function)):
        module = inspect.getmodule(base)
        if what := _MODELS.get(module.__name__ if module else ""):
            raise ConfigError(
                f"reward {name!r} is {what}, not a function of a query and an answer: name the "
                "model as the reward, 'hf:MODEL', or " + _advice(name, f"{name}(...)")
            )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ConfigError(f"reward {name!r} yields; a reward returns one number")


def check_names(names: Sequence[str], name: str, taken: str) -> None:
    """Refuse arguments that mean something else than a query and an answer.

    Args:
        names: What they are called.
        name: The reward's name.
        taken: How the sentence begins.

    Raises:
        ConfigError: they do.
    """
    for known, origin, call in FOREIGN:
        if known & set(names):
            raise ConfigError(f"{taken}, {origin}. {_advice(name, call.format(name=name))}")
    if _ANSWERS & set(names[:1]) and _QUERIES & set(names[1:2]):
        raise ConfigError(f"{taken}, the answer first. {_advice(name, f'{name}(answer, query)')}")


def check_object(reward: object) -> None:
    """Refuse an object whose `score` (or `call`, if it plans its calls) is not async.

    Raises:
        ConfigError: it is a plain method.
    """
    for name in ("score", "call"):
        method = inspect.unwrap(getattr(reward, name, None) or (lambda: None))
        if inspect.ismethod(method) and not inspect.iscoroutinefunction(method):
            raise ConfigError(
                f"{type(reward).__name__}.{name} is not async: write async def {name}(...)"
            )


def _telling(signature: inspect.Signature) -> list[str]:
    """Return the names that tell: of the first two arguments, and of all that must be given."""
    kinds = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    named = [p for p in signature.parameters.values() if p.kind not in kinds]
    return [p.name for i, p in enumerate(named) if i < 2 or p.default is p.empty]


def _check_return(annotation: object, name: str) -> None:
    """Refuse a function that says itself that it does not return a number."""
    written = annotation if isinstance(annotation, str) else _spelt(annotation)
    outer = written.partition("[")[0].rpartition(".")[2].strip().lower()
    if outer in _LISTS:
        raise ConfigError(
            f"reward {name!r} says that it returns {written}; it is called for each answer and "
            f"returns one number. {_advice(name, f'{name}(query, answer)')}"
        )


def _spelt(annotation: object) -> str:
    if annotation is None:
        return "None"
    if annotation is inspect.Signature.empty:
        return ""
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _advice(name: str, call: str) -> str:
    own = name if name.isidentifier() else "reward"
    form = FORM.format(name="reward" if own in call else own)
    return f"Give a function like this one: {form}: return {call}"
