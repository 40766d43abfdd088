"""One request as it happens: its events, and its text while it grows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..core.context import Context
from ..core.events import Emitter
from ..core.replies.reasoning import sure_part
from ..core.replies.reply import Reply, well_formed
from ..core.usage import Phase
from .ask import ask
from .kept_costs import keep_cost
from .request import OnText, Request, RequestError, Response


async def ask_live(
    request: Request,
    emit: Emitter,
    phase: Phase,
    name: str,
    visible: Callable[[str], str],
    check: Callable[[Request, Response], None] | None = None,
    *,
    candidates: Sequence[str] = (),
) -> Response:
    """Send a request, and say in events and trace what it is for.

    Args:
        request: What to ask.
        emit: The step's.
        phase: The step that asks.
        name: The request's name in the events.
        visible: What of the reply so far may be shown (reasoning and tags are not).
        check: Raises a `RequestError` if the step cannot use the reply.
        candidates: The ids of what it writes, in order; none of a critique.

    Raises:
        RequestError: it failed for good.
    """
    about = {"request": name, "phase": phase}
    traced = {"tpo_phase": phase, "tpo_round": emit.round, "tpo_request": name}
    by_critic = phase in {"loss", "gradient"}
    if request.n == 1 and not by_critic:
        traced["tpo_candidate"] = name

    begun = False

    def begin() -> OnText:
        nonlocal begun
        begun = True
        emit("request_started", {**about, "sequences": request.n})
        return growing_apart(visible, show)

    def show(text: str, index: int = 0) -> None:
        if by_critic:
            emit(f"{phase}_delta", {"request": name, "candidate": None, "text": text})
        elif index < len(candidates):  # a server may send more than it was asked for
            piece = {"request": name, "candidate": candidates[index], "text": text}
            emit("candidate_delta", piece)

    try:
        response = await ask(replace(request, metadata=traced), begin)
        if check:
            check(request, response)
    except RequestError as error:
        emit("request_failed", {**about, "error": str(error), "failure": error.failure})
        raise
    if begun:  # else it would have been refused, and nothing was sent
        attempt = f"{name} {request.parameters.get('max_tokens')}"  # a critique may have two
        await keep_cost(phase, emit.round, attempt, response.cost)
        emit("request_finished", {**about, "cost": response.cost})
    return response


def require_text(request: Request, response: Response) -> None:
    """Refuse a reply without a text: a `check` for `ask_live`.

    Raises:
        RequestError: there is none, or the reply says why it cannot be used.
    """
    nothing = Reply("", error="the server returned no text at all", failure="missing")
    reply = response.replies[0] if response.replies else nothing
    if reply.error:
        why = reply.error
        if reply.failure == "empty" and ended_early(reply):
            why = "the model only thought" if reply.reasoning else "cut off before the first word"
            why = f"empty: {why}; raise {request.limit_setting}"
        message = f"{request.policy.name}: {why}"
        raise RequestError(message, response.cost, reply.failure or "failed")


def ended_early(reply: Reply) -> bool:
    """Return whether a reply has no end, or no text, because its tokens ran out."""
    only_thought = reply.failure == "empty" and bool(reply.reasoning)
    return reply.finish_reason == "length" or only_thought


def request_seed(context: Context, phase: Phase, round: int, index: int) -> int | None:
    """Return the seed of one request: another for each, the same in every run.

    Critiques are covered too, so that the same seed and answers give the same run.
    """
    if context.seed is None:
        return None
    return zlib.crc32(f"{context.seed}/{phase}/{round}/{index}".encode()) & 0x7FFFFFFF


def growing(visible: Callable[[str], str], show: Callable[[str], None]) -> Callable[[str], None]:
    """Return what takes the pieces of one reply.

    Args:
        visible: What of the reply so far may be shown.
        show: Called with each new piece of that.
    """
    raw = shown = ""
    due = 0  # to read the whole reply at every piece would cost the square of its length

    def on_text(piece: str) -> None:
        nonlocal raw, shown, due
        raw += piece
        if len(raw) < due:
            return
        due = len(raw) + len(raw) // 64
        half = "\ud800" <= raw[-1:] <= "\udbff"  # a character whose other half is still to come
        now = sure_part(visible(well_formed(raw[:-1] if half else raw)))
        # Only ever more of the same text: what was shown cannot be taken back.
        if len(now) > len(shown) and now.startswith(shown):
            new, shown = now[len(shown) :], now
            show(new)

    return on_text


def growing_apart(visible: Callable[[str], str], show: OnText) -> OnText:
    """Return what takes the pieces of several replies, each told by its index; see `growing`."""
    texts = dict[int, Callable[[str], None]]()

    def on_text(piece: str, index: int = 0, /) -> None:
        if index not in texts:
            texts[index] = growing(visible, lambda new: show(new, index))
        texts[index](piece)

    return on_text
