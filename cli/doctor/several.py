"""Several texts of one kind, as `tpo doctor` asks for them: at once if the server can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ...core import usage
from ...core.replies.reply import Reply
from ...core.usage import Cost, add_costs
from ...models.ask import ask
from ...models.asking.configure import most_texts
from ...models.request import Request, RequestError

SPARE = 4  # further requests, where a server refuses something or sends fewer texts


@dataclass
class Several:
    """What came.

    Attributes:
        texts: Each text, or `None` if it cannot be used.
        cost: The sum over the requests.
        cut: Whether a text was cut off before the answer in it began, as a model's that thinks.
        error: Why the rest could not be asked for, or "".
    """

    texts: list[str | None] = field(default_factory=list)
    cost: Cost = field(default_factory=usage.cost)
    cut: bool = False
    error: str = ""


async def several(
    request: Callable[[frozenset[str]], Request], read: Callable[[Reply], Reply], number: int
) -> Several:
    """Ask for some texts; a failed request ends it, and what came before it counts.

    Args:
        request: What to ask, given the refused parameters; `n` is set here.
        read: Finds the answer in a reply.
        number: Texts wanted.
    """
    got, refused = Several(), frozenset[str]()
    for _ in range(number + SPARE):
        if len(got.texts) >= number:
            break
        missing, base = number - len(got.texts), request(refused)
        at_once = min(most_texts(base, refused) or missing, missing)
        try:
            response = await ask(replace(base, n=at_once))
        except RequestError as error:
            got.cost, got.error = add_costs(got.cost, error.cost), str(error)
            break
        got.cost = add_costs(got.cost, response.cost)
        refused |= response.refused
        replies = [read(reply) for reply in response.replies][:missing]
        got.cut |= any(reply.error and reply.finish_reason == "length" for reply in replies)
        got.texts += [None if reply.error else reply.text for reply in replies]
    return got
