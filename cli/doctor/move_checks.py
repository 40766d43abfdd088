"""What the moves of a search do with this policy: fresh answers, rewrites and advised answers.

Rewrites and advised answers are sent the checks that failed, as with a reward that says why. So no
critic is asked: a rewrite is an update as in TPO, under advice that is built in and names them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import AnyMessage, HumanMessage
from typing_extensions import TypedDict

from ...core.context import Context
from ...core.faults import faults_text
from ...core.moves import Move
from ...models.asking.sampling import answer_sampling
from ...models.policy import Policy
from ...models.request import Request
from ...prompts.advice import advised_messages
from ...prompts.prompt_set import Critique, prompt_set
from ...prompts.round_texts import clip_tokens
from ...prompts.update import read_update, update_format
from .several import Several, several
from .task import Task
from .tasks import TASKS
from .tried import Tried

SHORT = 300  # tokens; what passes the checks takes half, and a weak model may never end
POLISH = "1. Make the wording warmer and livelier.\n2. Keep all that the request asks for."


class Waits(TypedDict):
    """The fields of a `Request` that say how patient it is."""

    timeout: float
    retries: int


@dataclass(frozen=True)
class Trial:
    """How the texts of one task are asked for.

    Attributes:
        policy: The policy.
        context: The settings.
        tries: Texts per move.
        task: The task.
        spare: The settings for a model whose thoughts need more tokens.
    """

    policy: Policy
    context: Context
    tries: int
    task: Task
    spare: Context | None = None

    async def all_moves(self) -> Tried:
        """Ask for first answers, and have one that fails a check improved."""
        first = await self.answers(None)
        if first.cut and self.spare is not None:
            return await replace(self, context=self.spare, spare=None).all_moves()
        usable = sorted((text for text in first.texts if text), key=self.task.share)
        failing = [text for text in usable if self.task.failed(text)]
        draft = next(reversed(failing or usable), None)
        moves: dict[Move, Several] = {"fresh": first}
        if draft and not first.error:
            critique = self.critique(draft)
            moves["rewrite"] = await self.rewrites(critique)
            if failing and not moves["rewrite"].error:
                moves["advised"] = await self.answers(replace(critique, gradient=""))
        return Tried(self.task, draft, moves)

    def critique(self, draft: str) -> Critique:
        """Return the critique of a draft: it names what failed, and nothing else."""
        failed = "; ".join(self.task.failed(draft))
        mend = f"1. Change what failed: {failed}.\n2. Keep all that passed its check."
        return Critique(
            query=self.task.request,
            chosen=draft,
            loss=f"The answer fails this: {failed}." if failed else "It could be warmer.",
            gradient=mend if failed else POLISH,
            chosen_feedback=faults_text({"checks": self.task.checks(draft)}),
            failed=True,
        )

    async def answers(self, critique: Critique | None) -> Several:
        """Ask the request alone, or with advice beneath it."""
        messages: list[AnyMessage] = [HumanMessage(self.task.request)]
        if critique:
            messages = advised_messages(messages, critique, clip_tokens(self.context, self.policy))
        sampling = answer_sampling(self.context, self.context.stop_sequences)
        asked = Request(self.policy, messages, **sampling, **self.waits)
        return await several(
            lambda refused: replace(asked, refused=refused), lambda reply: reply, self.tries
        )

    async def rewrites(self, critique: Critique) -> Several:
        """Ask for updates, as a run does; in tags if the server refuses structured output."""
        context, policy = self.context, self.policy

        def request(refused: frozenset[str]) -> Request:
            form = update_format(context, prefers_json=policy.prefers_json, refused=refused)
            clip = clip_tokens(context, policy)
            prompts = prompt_set(context.prompts)
            messages = prompts.render("update", critique, clip_tokens=clip, output=form.output)
            asked = Request(policy, messages, **answer_sampling(context), **self.waits)
            return replace(asked, schema=form.schema, refused=refused)

        return await several(request, read_update, self.tries)

    @property
    def waits(self) -> Waits:
        """How long a request may take, and how often it is repeated."""
        return Waits(timeout=self.context.timeout, retries=self.context.retries)


async def try_moves(
    policy: Policy, context: Context, tries: int, tasks: Sequence[Task] = TASKS
) -> list[Tried]:
    """Try all moves on some tasks, a few of them at the same time.

    Args:
        policy: The policy.
        context: The settings.
        tries: Texts per task and move.
        tasks: The tasks.
    """
    short = context.model_copy(update={"max_tokens": min(SHORT, context.max_tokens or SHORT)})
    gate = asyncio.Semaphore(context.max_concurrency)

    async def one(task: Task) -> Tried:
        async with gate:
            return await Trial(policy, short, tries, task, context).all_moves()

    return list(await asyncio.gather(*map(one, tasks)))
