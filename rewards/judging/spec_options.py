"""The options behind the spec of a judge, as in `groupwise:openai:NAME?reasons=1`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ...core.errors import SpecError

OPTIONS = {"judge": "reasons, repeats, hedge", "rubric:auto": "source, reasons"}
_ONE = r"(?:reasons|repeats|hedge|source)=[^?&]*"
_ALL = re.compile(rf"\?({_ONE}(?:&{_ONE})*)$")


def options_in(kind: str, rest: str, known: Collection[str]) -> tuple[str, dict[str, str]]:
    """Return a spec without its options, and these.

    Args:
        kind: How the spec begins.
        rest: What follows.
        known: The options that may be given.

    Raises:
        SpecError: there is another one.

    Example:
        >>> options_in("pairwise", "openai:NAME?reasons=1", ["reasons"])
        ('openai:NAME', {'reasons': '1'})
    """
    found = _ALL.search(rest)
    spec = rest[: found.start()] if found else rest
    given = dict(one.split("=", 1) for one in found[1].split("&")) if found else {}
    other = [name for name in given if name not in known]
    if spec.startswith("?"):  # behind it a model would stand
        other = [re.split("[=&]", spec[1:])[0]]
    if other:
        raise SpecError(
            f"in {kind}:{rest.removeprefix(':')} {other[0]} is not an option of {kind}. "
            f"Options: {OPTIONS.get(kind, 'reasons')}"
        )
    return spec, given


def said(given: Mapping[str, str], usual: bool, called: str) -> bool:
    """Return what the option `reasons` says.

    Args:
        given: All options.
        usual: What holds without it.
        called: The spec, for errors.

    Raises:
        SpecError: it is neither 1 nor 0.
    """
    wanted = given.get("reasons", str(int(usual)))
    if wanted not in {"0", "1"}:
        raise SpecError(f"in {called} reasons is 1 or 0, not {wanted!r}")
    return wanted == "1"
