"""The HTTP side of a served reward: connections, retries, and errors said in a sentence."""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
from asyncio import AbstractEventLoop
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import cache, partial
from weakref import WeakKeyDictionary, finalize

import httpx

from ...core.errors import ConfigError, RewardError, evidence
from ...models.faults import is_transient, retrying
from ...models.loop_end import close_at_loop_end

KEY = "TPO_REWARD_API_KEY"
CONNECTIONS = 16  # to one server at once, in one event loop; further requests wait
LINGER = 1.0  # seconds until the connections of a dropped adapter close

# How the servers say that one text cannot be scored. In this order: vLLM, SGLang, TEI (two),
# llama.cpp (new, old; the old one with status 500).
_ABOUT_THE_TEXT = re.compile(
    r"(?i)maximum context length|longer than the maximum model length|too long to fit"
    r"|longer than the model's context length"
    r"|must have less than \d+ (?:tokens|characters)|score is nan"
    r"|exceeds the available context size|is too large to process"
)


class TextRefusedError(RewardError):
    """The server will never score this text; others of the same request may be fine."""


@dataclass(frozen=True)
class _Open:
    client: httpx.AsyncClient
    keeper: AsyncGenerator[None, None]
    dropped: finalize[..., Connection]


@dataclass(frozen=True, eq=False)
class Connection:
    """A server at a URL; its connections are reused within an event loop.

    They close when the loop ends (as `asyncio.run` ends it) or with `aclose`. A key in
    the environment (`TPO_REWARD_API_KEY`) is sent as a bearer token and shown nowhere.
    Statuses 429 and 5xx, timeouts and lost connections are tried again.

    Args:
        url: Its address, with the path its routes are under, if any.
        advice: How to start it so that the routes asked for are there.
        timeout: Seconds without a sign of life after which an attempt is given up.
        retries: Further attempts.
    """

    url: str
    advice: str
    timeout: float
    retries: int
    _open: WeakKeyDictionary[AbstractEventLoop, _Open] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )

    async def get(self, path: str) -> object:
        """Return the JSON behind a path; errors as for `post`."""
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: object) -> object:
        """Send JSON and return the JSON of the answer.

        Raises:
            TextRefusedError: a text in it is too long, or has no score.
            RewardError: the server cannot be reached, refuses, or sends no JSON.
            ConfigError: the key in the environment cannot be sent.
        """
        return await self._ask("POST", path, body)

    async def aclose(self) -> None:
        """Close the connections of the running event loop; the next request opens new ones."""
        if opened := self._open.get(asyncio.get_running_loop()):
            await opened.keeper.aclose()

    def malformed(self, answer: object, wanted: str) -> RewardError:
        """Return the error for an answer that has another form than `wanted` says."""
        return RewardError(
            f"the reward server {self.url} should have sent {wanted} and sent "
            f"{shown(repr(answer))}; {self.advice}"
        )

    async def _ask(self, method: str, path: str, body: object) -> object:
        attempts = retrying(self.retries + 1, _may_pass)
        try:
            response: httpx.Response = await attempts(self._send, method, path, body)
        except httpx.HTTPStatusError as error:
            raise self._refusal(error.response) from error
        except httpx.HTTPError as error:
            raise RewardError(
                f"the reward server {self.url} could not be reached in {self.retries + 1} "
                f"attempts; is it running? ({shown(error)})"
            ) from error
        try:
            answer: object = response.json()
        except (ValueError, RecursionError) as error:
            raise RewardError(
                f"the reward server {self.url} answered {path} with something that is not JSON; "
                f"{self.advice} ({shown(response.text) or 'it was empty'})"
            ) from error
        return answer

    async def _send(self, method: str, path: str, body: object) -> httpx.Response:
        client = await self._client()
        headers = {"content-type": "application/json"}
        if key := _key():
            headers["authorization"] = f"Bearer {key}"
        content = None if body is None else json.dumps(body)
        response = await client.request(method, self.url + path, content=content, headers=headers)
        return response.raise_for_status()

    async def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._open:
            certificates = await asyncio.to_thread(_certificates)
            if loop not in self._open:  # nobody else was faster
                client = httpx.AsyncClient(
                    verify=certificates,
                    timeout=httpx.Timeout(self.timeout, pool=None),
                    limits=httpx.Limits(max_connections=CONNECTIONS),
                )
                keeper = await close_at_loop_end(partial(_close, self._open, loop, client))
                dropped = finalize(self, _close_later, loop, keeper)
                dropped.atexit = False
                self._open[loop] = _Open(client, keeper, dropped)
        return self._open[loop].client

    def _refusal(self, response: httpx.Response) -> RewardError:
        said, status = shown(response.text), response.status_code
        if status == 413 or _ABOUT_THE_TEXT.search(response.text):
            return TextRefusedError(f"the reward server will not score this text: {said}")
        if status in {401, 403}:
            what = f"set the environment variable {KEY} to its key"
        elif status in {400, 404, 405, 424, 501}:
            what = self.advice
        else:
            what = "its log says more"
        return RewardError(f"the reward server {self.url} answered HTTP {status}; {what} ({said})")


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # from the disk, and slow; the same for all


async def _close(
    opened: WeakKeyDictionary[AbstractEventLoop, _Open],
    loop: AbstractEventLoop,
    client: httpx.AsyncClient,
) -> None:
    if held := opened.pop(loop, None):
        held.dropped.detach()
    await client.aclose()


def _close_later(loop: AbstractEventLoop, keeper: AsyncGenerator[None, None]) -> None:
    """Close the connections of a `Connection` that was dropped while its loop goes on.

    Not at once: a loop that is about to end, and a program often drops everything just
    before, would cancel it half done. Until then the loop's end closes them as usual.
    """

    def close() -> None:
        task = loop.create_task(keeper.aclose())
        _closing.add(task)
        task.add_done_callback(_closing.discard)

    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.call_later, LINGER, close)


_closing: set[asyncio.Task[None]] = set()  # a loop forgets tasks that nobody holds


def _key() -> str:
    key = os.environ.get(KEY, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(f"{KEY} holds characters that no HTTP header can carry: set it again")
    return key


def shown(problem: object) -> str:
    """Shorten what a server said for a message, without the key: some repeat what they got."""
    said = evidence(problem) if isinstance(problem, BaseException) else str(problem)
    return evidence(said.replace(key, "[redacted]") if (key := _key()) else said)


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError) and _ABOUT_THE_TEXT.search(error.response.text):
        return False
    return is_transient(error)
