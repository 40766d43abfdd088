"""Checks of a policy: does it answer, does it accept `n`, does it do what a critique asks?"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import HumanMessage

from ...core.context import Context
from ...core.replies.reply import Reply
from ...models.ask import ask
from ...models.failures.fewer_texts import limit_among
from ...models.policy import Policy
from ...models.request import Request, RequestError, Response
from ...prompts.prompt_set import prompt_set
from ...prompts.update import UpdateFormat, read_update, update_format
from .probes import GREETING, INSTRUCTIONS, Instruction
from .verdict import Finding, graded

SEVERAL = 3


@dataclass(frozen=True)
class Try:
    """One update: the text it brought, or why there is none."""

    instruction: Instruction
    text: str
    error: str | None
    as_json: bool

    @property
    def obeyed(self) -> bool:
        """Whether the text does what the gradient asks."""
        return self.error is None and self.instruction.obeyed(self.text)


async def answers(policy: Policy, context: Context, name: str = "reachable") -> Finding:
    """Check that the policy answers one short request."""
    start = time.monotonic()
    try:
        response = await ask(_request(policy, context))
    except RequestError as error:
        return Finding(name, "bad", str(error))
    reply = response.replies[0] if response.replies else Reply("", error="no text came back")
    if reply.error:
        return Finding(name, "bad", f"{policy.name}: {reply.error}")
    return Finding(name, "ok", f"{policy.name} answered in {time.monotonic() - start:.1f} s")


async def samples(policy: Policy, context: Context) -> Finding:
    """Check whether one request can return several texts. TPO works either way."""
    if "n" not in type(policy.model).model_fields:
        return Finding("n", "ok", "it has no parameter n, so each answer takes its own request")
    try:
        response = await ask(_request(policy, context, n=SEVERAL))
    except RequestError as error:
        return Finding("n", "warning", f"asking for {SEVERAL} texts at once failed: {error}")
    came = len(response.replies)
    if came >= SEVERAL:
        return Finding(
            "n", "ok", "one request returns all answers of a round (its prompt is read once)"
        )
    if (most := limit_among(response.refused) or 1) > 1:
        return Finding("n", "ok", f"one request returns {most} texts at most")
    refuses = "n" in response.refused and (not came or response.cost["requests"] > 1)
    does = "refuses n" if refuses else f"ignores n (asked for {SEVERAL}, it sent {came})"
    return Finding("n", "ok", f"it {does}, so each answer takes its own request")


async def follows(policy: Policy, context: Context, tries: int) -> list[Finding]:
    """Check that updates can be read, and that they do what the gradient asks."""
    gate = asyncio.Semaphore(context.max_concurrency)
    asked = [i for i in INSTRUCTIONS for _ in range(tries)]
    done = await asyncio.gather(*(_update(policy, context, i, gate) for i in asked))
    usable = sum(t.error is None for t in done)
    how = "asked for as JSON" if any(t.as_json for t in done) else "between our tags"
    words = f"{usable} of {len(done)} updates could be read ({how})"
    if lost := next((t.error for t in done if t.error), None):
        words += f"; the first that could not: {lost}"
    readable = graded("update format", usable / len(done), words, good=0.8, fair=0.5)
    obeyed = sum(t.obeyed for t in done)
    counts = ", ".join(
        f"{i.asks} {sum(t.obeyed for t in done if t.instruction is i)}"
        f"/{sum(t.instruction is i for t in done)}"
        for i in INSTRUCTIONS
    )
    words = f"{obeyed} of {len(done)} updates did what the critique asked ({counts})"
    useful = graded("follows critiques", obeyed / len(done), words, good=0.66, fair=0.34)
    return [readable, useful]


async def _update(
    policy: Policy, context: Context, instruction: Instruction, gate: asyncio.Semaphore
) -> Try:
    form = update_format(context, prefers_json=policy.prefers_json)
    try:
        async with gate:
            response = await _ask_update(policy, context, instruction, form)
            if form.schema and "response_format" in response.refused:
                form = update_format(context, prefers_json=False, refused=response.refused)
                response = await _ask_update(policy, context, instruction, form)
    except RequestError as error:
        return Try(instruction, "", str(error), bool(form.schema))
    if not response.replies:
        return Try(instruction, "", "no text came back", bool(form.schema))
    read = read_update(response.replies[0])
    return Try(instruction, read.text, read.error, bool(form.schema))


async def _ask_update(
    policy: Policy, context: Context, instruction: Instruction, form: UpdateFormat
) -> Response:
    messages = prompt_set(context.prompts).render(
        "update",
        instruction.critique,
        clip_tokens=context.clip_tokens,
        output=form.output,
    )
    return await ask(_request(policy, context, messages=messages, schema=form.schema))


def _request(policy: Policy, context: Context, **more: Any) -> Request:
    parameters = {
        "temperature": context.temperature,
        "top_p": context.top_p,
        "max_tokens": context.max_tokens,
    }
    more.setdefault("messages", [HumanMessage(GREETING)])
    return Request(
        policy, parameters=parameters, timeout=context.timeout, retries=context.retries, **more
    )
