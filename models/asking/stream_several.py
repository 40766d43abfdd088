"""Several streamed texts of one request, as they grow."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig

from ...core.replies.reply import Reply
from ...core.usage import Cost
from ..request import OnText, Request
from ..request_cost import cost_of
from .choices import Choices, filing
from .send_whole import send_whole
from .stream_end import ends


async def stream_several(
    model: BaseChatModel, request: Request, traced: RunnableConfig, on_text: OnText | None
) -> tuple[list[Reply], Cost]:
    """Have several texts written piece by piece, all at once.

    Args:
        model: Whom to ask: a `CompatibleChat`.
        request: What to ask.
        traced: What traces say of it.
        on_text: Takes the pieces as they come, each with the index of its text.

    Raises:
        UnfinishedStreamError: the stream held no piece, or broke off before the end of a text.
        MixedTextsError: it does not say which text a piece belongs to.
    """
    choices = Choices(on_text)
    ends.set(choices.done)
    token = filing.set(choices)
    try:
        replies, _ = await send_whole(model, request, traced)
    finally:
        filing.reset(token)
    return replies, cost_of(choices.counted, replies, str(choices.about("system_fingerprint")))
