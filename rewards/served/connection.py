"""Requests to a reward server: the key, retries, and errors in a sentence."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field

import httpx

from ...core.errors import ConfigError, RewardError, evidence
from ...models.failures.caused_by import caused_by
from ...models.failures.faults import retrying
from .loop_clients import LoopClients

KEY = "TPO_REWARD_API_KEY"

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
    _clients: LoopClients = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_clients", LoopClients(self.timeout))

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
        await self._clients.aclose()

    def malformed(self, answer: object, wanted: str) -> RewardError:
        """Return the error for an answer that has another form than `wanted` says."""
        return RewardError(
            f"the reward server {self.url} should have sent {wanted} and sent "
            f"{shown(repr(answer))}; {self.advice}"
        )

    async def _ask(self, method: str, path: str, body: object) -> object:
        attempts = retrying(self.retries + 1)
        try:
            response: httpx.Response = await attempts(self._send, method, path, body)
        except httpx.HTTPStatusError as error:
            raise caused_by(self._refusal(error.response), error) from error
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
        client = await self._clients.client()
        headers = {"content-type": "application/json"}
        if key := _key():
            headers["authorization"] = f"Bearer {key}"
        content = None if body is None else json.dumps(body)
        response = await client.request(method, self.url + path, content=content, headers=headers)
        if response.status_code == 413 or (
            not response.is_success and _ABOUT_THE_TEXT.search(response.text)
        ):
            reply = shown(response.text)
            raise TextRefusedError(f"the reward server will not score this text: {reply}")
        return response.raise_for_status()

    def _refusal(self, response: httpx.Response) -> RewardError:
        reply, status = shown(response.text), response.status_code
        if status in {401, 403}:
            what = f"set the environment variable {KEY} to its key"
        elif status in {400, 404, 405, 424, 501}:
            what = self.advice
        else:
            what = "its log says more"
        return RewardError(f"the reward server {self.url} answered HTTP {status}; {what} ({reply})")


def _key() -> str:
    key = os.environ.get(KEY, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(f"{KEY} holds characters that no HTTP header can carry: set it again")
    return key


def shown(problem: object) -> str:
    """Shorten a server's reply for a message, without the key: some repeat what they got."""
    text = evidence(problem) if isinstance(problem, BaseException) else str(problem)
    return evidence(text.replace(key, "[redacted]") if (key := _key()) else text)
