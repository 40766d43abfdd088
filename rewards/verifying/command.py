"""A command as a reward: it gets the answer as a file, and passes it by exit status 0."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from langchain_core.messages import AnyMessage

from ...core.errors import ConfigError, RewardError, evidence
from ...core.login import without_login
from ...core.user_code.own_thread import in_own_thread
from ..base import Score, scored
from ..planned_reward import Job
from .answer_file import environment, folder_with, placed, remove
from .bounded_process import Ended, own_namespaces, run_bounded
from .check_command import check_command

PLAIN = re.compile(r"[\w./:=@%+,{}-]+")
FREE = (
    "{} is not kept from the network, nor what it starts from living on: that takes Linux, and "
    "`unshare` with the right to use it"
)


@dataclass(frozen=True)
class CommandReward:
    """1 if a command that gets the answer as a file exits with 0, else 0 and what it printed.

    It runs in an empty folder, which is also its HOME; without a shell, input, keys or any other
    variable of yours but PATH, the language and the time zone; without network where the system
    offers that. That is not a sandbox: it may read what you may read. All that it started is killed
    when it ends, or when its time is over, which fails the answer.

    Args:
        command: The program and its arguments. `{file}` is the answer as it is; `{file.py}` a file
            with that ending, in which only a fenced block is left if there is one: the first that
            is marked with its language, else the first.
        seconds: How long it may take, more than 0.
        network: Whether it may reach the network.
        env: Names of further variables that it is given.

    Raises:
        ConfigError: no argument has `{file}`, an option cannot be right, or this is Windows.

    Example:
        >>> CommandReward(["pytest", "-q", "{file.py}"], seconds=20).name
        'verify:command:pytest -q {file.py}'
    """

    command: Sequence[str]
    seconds: float = 60.0
    network: bool = False
    env: Sequence[str] = ()
    batch_size: int | None = 1

    def __post_init__(self) -> None:
        check_command(self.command, self.seconds, self.env)
        if os.name != "posix":  # pragma: no cover  no sessions to kill as one
            raise ConfigError("a command as a reward needs Linux or macOS")

    @classmethod
    def from_spec(cls, line: str) -> CommandReward:
        """Return the reward of a command line, split as a shell would; none runs it.

        Raises:
            ConfigError: it cannot be split, or has no `{file}`.
        """
        try:
            return cls(tuple(shlex.split(line)))
        except ValueError as error:
            raise ConfigError(f"the command {line!r} cannot be split: {evidence(error)}") from None

    @property
    def name(self) -> str:
        """`verify:command:` and the command."""
        plain = all(map(PLAIN.fullmatch, self.command))
        line = " ".join(self.command) if plain else shlex.join(self.command)
        return without_login(f"verify:command:{line}")

    @property
    def notice(self) -> str:
        """That a program runs."""
        return f"each answer is given to a program on this machine: {self.title}"

    @property
    def title(self) -> str:
        """The program's own name."""
        return Path(self.command[0]).name

    async def ready(self, job: Job) -> None:
        """Make sure that the program is there.

        Raises:
            RewardError: it is not.
        """
        await in_own_thread(self, self.program)

    async def probe(self) -> str:
        """Say so if the command has the network although it should not."""
        if self.network or await own_namespaces(self.network):
            return ""
        return FREE.format(self.title)

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Run the command once for each answer, one after the other."""
        before = await own_namespaces(self.network) or []
        return [await self.check(answer, before) for answer in answers]

    async def check(self, answer: str, before: Sequence[str]) -> Score:
        """Run the command on one answer, with something put before the command."""
        folder = await in_own_thread(self, folder_with, answer, self.command)
        try:
            program = await in_own_thread(self, self.program)
            arguments = [*before, program, *placed(self.command[1:], folder)]
            ended = await run_bounded(
                arguments, folder, environment(folder, self.env), self.seconds
            )
        except OSError as error:
            raise RewardError(f"{self.title} cannot be started: {evidence(error)}") from None
        finally:
            await in_own_thread(self, remove, folder)
        return self.verdict_on(ended, folder)

    def verdict_on(self, ended: Ended, folder: str) -> Score:
        """Return what the end of the command means; its output names no place of this machine."""
        check: dict[str, object] = {"criterion": self.title, "passed": ended.status == 0}
        if ended.status == 0:
            return scored(1.0, checks=[check])
        why = f"stopped after {self.seconds:g} s"
        if ended.status is not None:
            number = -ended.status if ended.status < 0 else ended.status - 128  # as shells say it
            ended_by = number in signal.valid_signals()
            why = f"ended by signal {number}" if ended_by else f"exit status {ended.status}"
        output = ended.output.replace(f"{folder}/", "").replace(folder, ".")
        return scored(0.0, output, [{**check, "why": why}])

    def program(self) -> str:
        """Return the path of the program, if it is there."""
        if found := shutil.which(self.command[0]):
            return str(Path(found).absolute())
        raise RewardError(f"the command {self.title!r} is not there, or cannot be run")
