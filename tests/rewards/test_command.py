"""A command that checks answers: what it is given, how it ends, what is left of it."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.cache.memory import InMemoryCache
from steps import improved, run, says

import tpo
from tpo.core.errors import ConfigError, RewardError, SpecError
from tpo.rewards.planned_reward import planned, score_now
from tpo.rewards.resolve import resolve_reward
from tpo.rewards.self_check import self_check
from tpo.rewards.verifying import bounded_process, command
from tpo.rewards.verifying.answer_file import code_in
from tpo.rewards.verifying.bounded_process import own_namespaces
from tpo.rewards.verifying.verify import ALLOWED

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs sessions of processes")
MESSAGES: Any = [HumanMessage("q")]
PYTHON = [sys.executable, "-I"]
NAME = Path(sys.executable).name
WAYS = ["contained", "bare"]


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the folders of the answers made here, so that it is seen what is left."""
    made = tmp_path / "folders"
    made.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(made))
    return made


@pytest.fixture(params=WAYS)
async def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """With namespaces where the system has them, and without."""
    if request.param == "bare":
        monkeypatch.setattr(command, "own_namespaces", nothing)
    elif await own_namespaces(network=False) is None:
        pytest.skip("this system gives no namespaces")
    return str(request.param)


async def nothing(network: bool) -> None:
    return None


def runs(program: str, *more: str, file: str = "{file}", **options: Any) -> tpo.CommandReward:
    return tpo.CommandReward([*PYTHON, "-c", program, file, *more], **{"seconds": 30, **options})


async def check(reward: Any, answer: str = "an answer") -> Any:
    (score,) = await score_now(reward, MESSAGES, [answer])
    return score


# --- what it is given, and what it says -------------------------------------

SHOW = "import sys; print(open(sys.argv[1], encoding='utf-8').read()); sys.exit(3)"


async def test_status_0_passes(way):
    assert await check(runs("print('all well')")) == tpo.scored(
        1.0, checks=[{"criterion": NAME, "passed": True}]
    )


async def test_any_other_fails_with_what_was_printed(way, folders):
    score = await check(runs(SHOW + "", file="{file}"), "the answer's text")
    assert score == tpo.scored(
        0.0,
        "the answer's text",
        [{"criterion": NAME, "passed": False, "why": "exit status 3"}],
    )
    assert list(folders.iterdir()) == []


async def test_output_and_errors_come_in_order_without_the_place_on_this_machine(way, folders):
    program = "import sys; print(sys.argv[1], flush=True); 1 / 0"
    score = await check(runs(program, file="{file.py}"))
    assert score["feedback"].startswith("answer.py\nTraceback")
    assert "ZeroDivisionError" in score["feedback"]
    assert str(folders) not in str(score)


CODE = "Here it is:\n\n```python\nprint('one')\n```\n\nUse it so:\n\n```sh\npython it.py\n```\n"


@pytest.mark.parametrize(
    ("file", "answer", "seen"),
    [
        ("{file.py}", CODE, "print('one')"),
        ("{file}", CODE, CODE.strip()),
        ("{file.md}", CODE, CODE.strip()),
        ("{file.py}", "print('bare')", "print('bare')"),
        ("{file.py}", "```python\nunclosed", "```python\nunclosed"),
        ("--in={file.c}", "int main", "int main"),
    ],
)
async def test_the_answer_s_file(file, answer, seen):
    program = SHOW.replace("sys.argv[1]", "sys.argv[1].removeprefix('--in=')")
    assert (await check(runs(program, file=file), answer))["feedback"] == seen


TWO = "```sh\npip install x\n```\nThen:\n```{mark}\nprint(1)\n```\n```python\nprint(2)\n```\n"


@pytest.mark.parametrize(
    ("ending", "text", "code"),
    [
        (".py", "Here:\r\n```python\r\nprint(1)\r\n```\r\nDone.\r\n", "print(1)\r\n"),
        (".py", "~~~python\nprint(1)\n~~~\n", "print(1)\n"),
        (".py", "~~~ `a` b\nprint(1)\n~~~~\n", "print(1)\n"),
        (".py", "````python\na\n```\nb\n````\n", "a\n```\nb\n"),
        (".py", "```\n~~~\n```\n", "~~~\n"),
        (".py", TWO.format(mark="Python title=it.py"), "print(1)\n"),
        (".py", TWO.format(mark="{.python .numberLines}"), "print(1)\n"),
        (".py", TWO.format(mark=""), "print(2)\n"),
        (".sh", TWO.format(mark="py"), "pip install x\n"),
        (".zig", TWO.format(mark=""), "print(1)\n"),
        (".zig", TWO.format(mark="zig"), "print(1)\n"),
        (".zig", TWO.format(mark="py"), "pip install x\n"),
        (".py", "```python\nunclosed\n~~~\n", "```python\nunclosed\n~~~\n"),
    ],
)
def test_the_block_that_fits_the_file(ending, text, code):
    assert code_in(text, ending) == code


def test_ten_thousand_fences_are_looked_through_once():
    assert code_in("```py\n" * 30_000) == "```py\n" * 30_000  # half an hour, if for each of them
    assert code_in("a\n```\nb\n```py\nc\n ```  \n```\n") == "b\n```py\nc\n"


async def test_an_answer_is_never_part_of_a_command(way):
    score = await check(runs("import sys; print(sys.argv[2:]); sys.exit(1)"), "; rm -rf / {file}")
    assert score["feedback"] == "[]"


async def test_its_environment_has_no_keys(way, monkeypatch):
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "MY_SECRET", "AWS_PROFILE", "MINE", "LANG"):
        monkeypatch.setenv(name, "s3cr3t")
    program = "import os; print(sorted(os.environ)); print(os.environ['HOME']); raise SystemExit(1)"
    names, home = (await check(runs(program, env=["MINE"])))["feedback"].splitlines()
    expected = {"HOME", "TMPDIR", "NO_COLOR", "PATH", "LANG", "MINE"}
    assert set(re.findall(r"'(\w+)'", names)) - {"LC_ALL", "LC_CTYPE", "TZ", "PWD"} == expected
    assert home == "."  # where the answer is


async def test_it_reads_no_input(way):
    score = await check(runs("import sys; print(repr(sys.stdin.read())); sys.exit(1)"))
    assert score["feedback"] == "''"


# --- what hangs, forks, prints ----------------------------------------------


async def test_what_hangs_is_stopped(way, folders):
    program = "import time; print('begun', flush=True); time.sleep(600)"
    score = await check(runs(program, seconds=1.5))
    assert score["reward"] == 0.0
    assert score["feedback"] == "begun"
    assert score["checks"][0]["why"] == "stopped after 1.5 s"
    assert list(folders.iterdir()) == []


def alive(mark: str) -> list[str]:
    """Return the processes whose arguments hold a mark."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark in path.read_bytes().decode(errors="replace"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found


FORKS = """
import subprocess, sys
sleep = [sys.executable, "-c", "import time; time.sleep(600)", {mark!r}]
for _ in range(5):
    subprocess.Popen(sleep, start_new_session={session})
print("forked", flush=True)
{end}
"""


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
@pytest.mark.parametrize("end", ["sys.exit(1)", "import time; time.sleep(600)"])
async def test_its_children_end_with_it_and_keep_nobody_waiting(way, end, request):
    mark = f"tpo-child-{os.getpid()}-{way}"
    program = FORKS.format(mark=mark, session=way == "contained", end=end)
    score = await check(runs(program, seconds=5.0))
    assert score["feedback"] == "forked"
    for _ in range(200):
        if not alive(mark):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{len(alive(mark))} children live on")


async def cancelled(work: asyncio.Task[Any], mark: str, folders: Path) -> None:
    """Cancel a check once its program is there, and see that nothing of it is left."""
    while not alive(mark):
        await asyncio.sleep(0.01)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    for _ in range(200):
        if not alive(mark) and not list(folders.iterdir()):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it lives on")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
async def test_a_call_that_is_cancelled_while_it_starts_leaves_nothing_behind(
    way, folders, monkeypatch
):
    mark, start = f"tpo-starting-{os.getpid()}-{way}", asyncio.create_subprocess_exec

    async def slow(*arguments: Any, **options: Any) -> Any:
        child = await start(*arguments, **options)
        await asyncio.sleep(0.2)
        return child

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slow)
    work = asyncio.create_task(check(runs("import time; time.sleep(600)", mark)))
    await cancelled(work, mark, folders)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
async def test_a_call_that_is_cancelled_leaves_nothing_behind(way, folders):
    mark = f"tpo-cancelled-{os.getpid()}-{way}"
    work = asyncio.create_task(check(runs("import time; time.sleep(600)", mark)))
    await cancelled(work, mark, folders)


async def test_output_without_end_is_bounded(way):
    program = "print('begin'); [print('x' * 100_000) for _ in range(400)]; print('end'); 1 / 0"
    said = (await check(runs(program)))["feedback"]
    assert said.startswith("begin\nxxx")
    assert "[...]" in said
    assert "ZeroDivisionError" in said[-300:]
    assert len(said) <= 8000


async def test_output_that_is_not_text(way):
    program = "import os; os.write(1, bytes(range(256)) + b'\\xff\\0end'); os._exit(1)"
    score = await check(runs(program))
    assert score["feedback"].endswith("\ufffdend")
    assert "\0" not in score["feedback"]


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGABRT"])
async def test_a_program_that_crashes_says_by_what(way, name):
    program = f"import os, signal; os.kill(os.getpid(), signal.{name})"
    score = await check(runs(program))
    assert score["reward"] == 0.0
    assert score["checks"][0]["why"] == f"ended by signal {getattr(signal, name):d}"


@pytest.mark.parametrize(("status", "why"), [(255, "exit status 255"), (137, "ended by signal 9")])
async def test_a_high_status_is_no_signal_where_there_is_none(way, status, why):
    score = await check(runs(f"raise SystemExit({status})"))
    assert score["checks"][0]["why"] == why


# --- network ----------------------------------------------------------------

DIAL = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=5)
except OSError:
    sys.exit(1)
"""


@pytest.mark.loopback
@pytest.mark.parametrize("network", [False, True])
async def test_the_network_is_out_of_reach_unless_allowed(network):
    if await own_namespaces(network) is None:
        pytest.skip("this system gives no namespaces")
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        score = await check(runs(DIAL, str(port), network=network))
    assert score["reward"] == float(network)


async def test_a_system_without_namespaces_is_told(monkeypatch):
    reward = runs("")
    monkeypatch.setattr(command, "own_namespaces", nothing)
    said = await self_check(planned(reward))
    assert said.startswith(f"{NAME} is not kept from the network, nor what it starts")
    assert await self_check(planned(runs("", network=True))) == ""


async def test_where_unshare_fails_or_is_not_there_the_command_runs_without(monkeypatch):
    monkeypatch.setattr(bounded_process, "_USERS", [("--no-such-option",)])
    assert await own_namespaces(network=False) is None
    monkeypatch.setenv("PATH", "/nowhere")
    assert await own_namespaces(network=False) is None
    assert (await check(runs("")))["reward"] == 1.0


# --- how it is named --------------------------------------------------------


@pytest.mark.parametrize("given", ["pytest {file}", ["pytest"], [], ["{file}"]])
def test_what_is_not_a_command_is_told(given):
    with pytest.raises(ConfigError, match="must be a list of a program and its arguments"):
        tpo.CommandReward(given)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        *(({"seconds": s}, "a command is given a number of seconds above 0")
          for s in (0, -1, float("nan"), float("inf"), "5", None)),
        *(({"env": env}, "must be a list of names of variables") for env in ("FOO", [1], None)),
        ({"command": ["a", 3, "{file}"]}, "must be a list of a program and its arguments"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_right_is_told(option, said):
    with pytest.raises(ConfigError, match=said):
        tpo.CommandReward(**{"command": ["a", "{file}"], **option})


async def test_a_program_that_is_not_there_is_told_before_anything_is_paid():
    model = says()
    with pytest.raises(RewardError, match="the command 'no-such-program' is not there"):
        run(model, tpo.CommandReward(["no-such-program", "{file}"]))
    assert model.asked == []


LINE = f"{shlex.join(PYTHON)} -c 'raise SystemExit(1)' {{file}}"


@pytest.mark.parametrize(
    "allowed",
    [None, "", "command", "command:", f"command:{LINE} ", f"command:{LINE},x",
     "command:true {file}", f"command: {LINE}", "*", LINE],
)  # fmt: skip
def test_a_command_must_be_listed_word_for_word(allowed, monkeypatch):
    if allowed is not None:
        monkeypatch.setenv(ALLOWED, allowed)
    spec = f"verify:command:{LINE}"
    if allowed and spec.removeprefix("verify:") in [item.strip() for item in allowed.split(",")]:
        assert resolve_reward(spec).name == tpo.CommandReward(shlex.split(LINE)).name
        return
    model = says()
    for reward in (spec, f"cached:{spec}"):
        with pytest.raises(SpecError) as caught:
            run(model, reward)
        assert f"is not allowed: list it in the environment, {ALLOWED}=" in str(caught.value)
        assert "or pass tpo.CommandReward([...]) as the reward" in str(caught.value)
    assert model.asked == []


@pytest.mark.parametrize("more", ["", "\nother:thing", ",other:thing\n"])
def test_a_command_with_a_comma_is_listed_as_the_error_says(more, monkeypatch):
    spec = "command:sed -n 1,2p {file}"
    with pytest.raises(SpecError) as caught:
        resolve_reward(f"verify:{spec}")
    _, _, advice = str(caught.value).partition(f"{ALLOWED}=")
    monkeypatch.setenv(ALLOWED, shlex.split(advice.partition(", or ")[0])[0])
    assert resolve_reward(f"verify:{spec}").name == f"verify:{spec}"
    monkeypatch.setenv(ALLOWED, f"a:b\n{spec}\nother:thing")
    assert resolve_reward(f"verify:{spec}").name == f"verify:{spec}"


def test_a_command_line_that_cannot_be_split(monkeypatch):
    monkeypatch.setenv(ALLOWED, "command:a 'b {file}")
    with pytest.raises(ConfigError, match="cannot be split: ValueError: No closing quotation"):
        resolve_reward("verify:command:a 'b {file}")


def test_names():
    reward = tpo.CommandReward(["pytest", "-q", "{file.py}"])
    assert reward.name == "verify:command:pytest -q {file.py}"
    assert tpo.CommandReward(["a", "b c", "{file}"]).name == "verify:command:a 'b c' '{file}'"
    assert tpo.CommandReward(["a", "it's", "{file}"]).name.startswith("verify:command:a ")
    assert "each answer is given to a program on this machine: pytest" in reward.notice


def test_a_run_repairs_what_the_command_found():
    program = "import sys; sys.exit('right' not in open(sys.argv[1]).read() and 'it lacks right')"
    model = says(update=improved("right"))
    result = run(model, tpo.cached(runs(program), InMemoryCache()), depth=1, width=2)
    assert (result["answer"], result["reward"]) == ("right", 1.0)
    (loss,) = model.asked.of("loss")
    assert "it lacks right" in loss.text
