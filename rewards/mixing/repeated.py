"""One judge asked several times about each answer: the mean of its ratings, each of them kept."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core.errors import ConfigError, SpecError
from ...models.policy import PolicyLike
from ..judging.pointwise import Judge
from .mix import Mix, Part

MOST = 16
_OPTION = r"(?:reasons|repeats|hedge)=[^?&]*"
_OPTIONS = re.compile(rf"\?({_OPTION}(?:&{_OPTION})*)$")


def repeated(judge: Judge, times: int, *, hedge: float = 0.0, title: str = "") -> Mix:
    """Return the mean rating of a judge that is asked several times, at a temperature.

    It is a mix of the judge with itself: `parts` of a candidate hold every rating, so what they
    scatter can be seen, and `hedge` counts it.

    Args:
        judge: The judge.
        times: How often each answer is rated, 2 to 16.
        hedge: How many standard errors of the mean are taken off.
        title: What events and reports call it; default: the judge's name and how often.

    Raises:
        ConfigError: `times` or `hedge` is out of bounds.

    Example:
        >>> repeated(Judge("openai:gpt-5-mini"), 3).name
        'judge:openai:gpt-5-mini?repeats=3'
    """
    if not 2 <= times <= MOST:
        raise ConfigError(f"repeats={times}: a judge is asked 2 to {MOST} times about an answer")
    option = f"{'&' if judge.option else '?'}repeats={times}" + (
        f"&hedge={hedge:g}" if hedge else ""
    )
    parts = [Part(replace(judge, nth=nth), 1 / times) for nth in range(1, times + 1)]
    return Mix(parts, title=title or judge.name + option, hedge=hedge)


def judge_from_spec(rest: str, policy: PolicyLike) -> Judge | Mix:
    """Return the judge that a spec names, asked once or several times.

    Args:
        rest: What follows `judge:`, a policy spec or nothing; behind it `?reasons=1` has the judge
            say why, `?repeats=3` has it asked three times, and `&hedge=1` added to that counts
            how far the ratings are apart.
        policy: The run's policy, which judges if none is named.

    Raises:
        SpecError: no model, or an option that cannot be right.
    """
    found = _OPTIONS.search(rest)
    options = dict(one.split("=", 1) for one in found[1].split("&")) if found else {}
    plain = rest[: found.start()] if found else rest
    reasons = f"?reasons={options['reasons']}" if "reasons" in options else ""
    judge = Judge.from_spec(plain + reasons, policy)
    if "repeats" not in options:
        if "hedge" in options:
            raise SpecError(f"in judge:{rest} hedge needs repeats: ?repeats=3&hedge=1")
        return judge
    try:
        times, hedge = int(options["repeats"]), float(options.get("hedge", 0))
    except ValueError:
        raise SpecError(
            f"in judge:{rest} repeats and hedge are numbers: ?repeats=3&hedge=1"
        ) from None
    return judge if times == 1 and not hedge else repeated(judge, times, hedge=hedge)
