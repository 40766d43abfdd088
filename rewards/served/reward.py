"""What the adapters of served reward models share: the spec, refusals, order, the probe."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import ClassVar, Self, cast
from urllib.parse import unquote

from langchain_core.messages import AnyMessage, HumanMessage

from ...core.errors import ConfigError, RewardError, SpecError, evidence
from ...core.json_types import JsonObject
from ...core.login import has_login
from ...models.address import server_address
from ..base import Reward, Score, checked, unscored
from ..planned_reward import Job
from .connection import KEY, Connection, TextRefusedError
from .doubtful_scores import ANSWERS, QUESTION, doubts

_SECRETS = {"key", "api_key", "apikey", "api-key", "token", "auth", "password", "secret"}


@dataclass(frozen=True, eq=False)
class ServedReward(ABC):
    """Base of the rewards behind HTTP; see each adapter for what its server is asked.

    The key, if the server wants one, comes from the environment (`TPO_REWARD_API_KEY`).

    Args:
        url: The server's address, `http://HOST:PORT`; a path in front of its routes is
            kept, `/v1` at the end is not.
        timeout: Seconds without a sign of life after which an attempt is given up.
        retries: Further attempts after a 429, a 5xx, a timeout or a lost connection.

    Raises:
        ConfigError: the URL or an option cannot be right.
    """

    url: str
    _: KW_ONLY
    timeout: float = 60.0
    retries: int = 2
    _server: Connection = field(init=False, repr=False)
    _known: JsonObject = field(default_factory=dict, init=False, repr=False)

    protocol: ClassVar[str]
    advice: ClassVar[str]  # how to start the server
    raw_advice: ClassVar[str]  # what to do about squashed scores
    readers: ClassVar[dict[str, Callable[[str], object]]] = {"timeout": float, "retries": int}
    batch_size: ClassVar[int | None] = 32
    notice: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not (0 < self.timeout < math.inf) or self.retries < 0:
            raise ConfigError(f"{self.protocol}: timeout must be above 0 and retries 0 or more")
        if isinstance(self.url, str) and has_login(self.url):
            raise ConfigError(f"no secrets in a {self.protocol} URL: set {KEY} instead")
        address = server_address(self.url)
        if address is None or address.query or address.fragment:  # never show a bad one
            form = f"{self.protocol}:http://HOST:PORT"
            raise ConfigError(
                f"{self.protocol}: this is not a server's address; the form is {form}"
            )
        url = str(address).rstrip("/").removesuffix("/v1")
        server = Connection(url, self.advice, self.timeout, self.retries)
        object.__setattr__(self, "url", url)
        object.__setattr__(self, "_server", server)

    @classmethod
    def from_spec(cls, rest: str) -> Self:
        """Return the reward that a spec names.

        Args:
            rest: What follows the protocol's name and colon: a URL, then options as in
                `?model=NAME&timeout=30`, percent-encoded where they need it.

        Raises:
            SpecError: malformed, an unknown option, or a secret in it.
        """
        if has_login(rest):  # before it is taken apart, and a part of it shown
            raise SpecError(f"no secrets in a {cls.protocol} spec: set {KEY} instead")
        known = [f.name for f in fields(cls) if f.init and f.name != "url"]
        url, _, query = rest.strip().partition("?")
        if _SECRETS & {pair.partition("=")[0].lower() for pair in query.split("&")}:
            raise SpecError(f"no secrets in a {cls.protocol} spec: set {KEY} instead")
        options: JsonObject = {}
        for pair in filter(None, query.split("&")):
            name, _, text = pair.partition("=")
            if name not in known or not text or name in options:
                raise SpecError(
                    f"{cls.protocol}: option {evidence(name)!r} is unknown, empty or given twice. "
                    f"Valid options: {', '.join(known)}"
                )
            try:
                options[name] = cls.readers.get(name, str)(unquote(text))
            except ValueError:
                raise SpecError(f"{cls.protocol}: option {name} must be a number") from None
        try:
            return cls(url, **options)
        except ConfigError as error:
            raise SpecError(str(error)) from None

    @property
    def name(self) -> str:
        """The spec, without what does not change scores."""
        shown = [f for f in fields(self) if f.init and f.name not in {"url", *ServedReward.readers}]
        options = [f"{f.name}={v}" for f in shown if (v := getattr(self, f.name)) is not None]
        return f"{self.protocol}:{self.url}" + ("?" + "&".join(options) if options else "")

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Score the answers; one that the server refuses is unscored, with its reason.

        Raises:
            RewardError: the call failed as a whole.
        """
        try:
            return await self._ask(messages, answers) if answers else []
        except TextRefusedError as error:
            if len(answers) == 1:
                return [unscored(str(error))]
        except RewardError:
            self._known.clear()  # the server may come back with another model
            raise
        # Servers refuse a batch as a whole: find out whose fault it is.
        middle = len(answers) // 2
        first = await self.score(messages, answers[:middle])
        return first + await self.score(messages, answers[middle:])

    @abstractmethod
    async def _ask(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Score at least one answer; raise `TextRefusedError` if any of them is refused."""

    async def probe(self) -> str:
        """Score a few built-in answers, and say what looks wrong with their scores.

        Eight short answers to one question are paid for, once per instance.

        Returns:
            A sentence to be shown, or "": that the scores are squashed into 0 to 1, all
            equal, prefer degenerate text, or are missing. It never raises a `RewardError`.
        """
        try:
            doubt = await self._doubt()
        except RewardError as error:
            return f"reward {self.name}: the probe failed: {error}"
        return f"reward {self.name}: {doubt}" if doubt else ""

    async def ready(self, job: Job) -> None:
        """Make sure that the server scores: all that `probe` asks, or one answer if it has.

        Raises:
            RewardError: it cannot be reached, refuses, or has no score for any answer.
        """
        if "probe" in self._known:
            await self._scores(ANSWERS[:1])
        else:
            await self._doubt()

    async def _doubt(self) -> str:
        if "probe" not in self._known:
            self._known["probe"] = doubts(await self._scores(ANSWERS), self.raw_advice)
        return str(self._known["probe"])

    async def _scores(self, answers: Sequence[str]) -> list[Score]:
        mine = cast("Reward", self)  # a class variable does not count as a property
        scores = await checked(mine, [HumanMessage(QUESTION)], answers)
        if all(score["error"] for score in scores):
            raise RewardError(scores[0]["error"])
        return scores

    async def aclose(self) -> None:
        """Close the connections of the running event loop; they also close when it ends."""
        await self._server.aclose()
