"""`tpo score`: rows in, rewards out, and every way a file can be wrong."""

from __future__ import annotations

import json

import pytest
from loopback_server import LoopbackServer

from tpo.cli.commands.score import AT_ONCE
from tpo.rewards.served.doubtful_scores import QUESTION

MODULE = """
def length(query, answer):
    if answer == "boom":
        raise ConnectionError("no route")
    return len(query) * 100 + len(answer)
"""
ROWS = (
    {"prompt": "one", "answer": "a", "id": 7},
    {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "three"}],
     "answer": "bb"},
    {"prompt": "one", "answer": "ä ccc"},
)  # fmt: skip


@pytest.fixture
def score(tpo, tmp_path, monkeypatch):
    (tmp_path / "score_length.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TPO_VERIFIERS", "score_length:length")

    def run(*args, stdin=""):
        return tpo("score", "-r", "verify:score_length:length", *args, stdin=stdin)

    return run


def lines(ran):
    return [json.loads(line) for line in ran.out.splitlines()]


def test_json_lines_come_back_in_order_with_rewards(score, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ROWS) + "\n\n", encoding="utf-8")
    ran = score(str(path))
    assert ran.code == 0, ran.err
    assert lines(ran) == [
        {**row, "reward": reward, "error": None}
        for row, reward in zip(ROWS, (301.0, 502.0, 305.0), strict=True)
    ]
    assert score("-", stdin=path.read_text(encoding="utf-8")).out == ran.out
    assert score(stdin=path.read_text(encoding="utf-8")).out == ran.out


@pytest.mark.loopback
def test_criteria_are_written_once_for_each_prompt_however_many_rows_there_are(tpo, tmp_path):
    def judge(body, index):
        if "Write what they are to be checked for" in body["messages"][-1]["content"]:
            return "3: Is it so?\n1: Is it brief?"
        return "1: pass\n2: fail"

    rows = [{"prompt": p, "answer": f"a{n}"} for n in range(AT_ONCE) for p in ("one", "two")]
    text = "\n".join(map(json.dumps, rows))
    with LoopbackServer(judge) as server:
        ran = tpo("score", "-r", f"rubric:auto:openai:j@{server.base_url}", stdin=text)
        asked = [str(a.body["messages"][-1]["content"]) for a in server.asked]
    assert {row["reward"] for row in lines(ran)} == {0.75}
    written = [a for a in asked if "to be checked for" in a and QUESTION not in a]
    assert len(written) == 2


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_csv(score, tmp_path, ending):
    path = tmp_path / "rows.csv"
    text = ending.join(["\ufeffid,prompt,answer", '1,one,"a, ""b""', 'c"', "2,two,d", ""])
    path.write_text(text, encoding="utf-8", newline="")
    ran = score(str(path))
    assert ran.code == 0, ran.err
    first, second = lines(ran)
    assert first["answer"] == 'a, "b"\nc'
    assert (second["id"], second["reward"]) == ("2", 301.0)
    assert score("-", stdin=text.replace("\r", "")).out == ran.out


def test_what_failed_is_told_and_the_rest_is_scored(score):
    rows = [{"prompt": "one", "answer": text} for text in ("a", "boom", "bb")]
    ran = score(stdin="\n".join(json.dumps(row) for row in rows))
    assert ran.code == 1
    assert [row["reward"] for row in lines(ran)] == [301.0, None, 302.0]
    assert lines(ran)[1]["error"] == "reward 'verify:score_length:length' failed: " \
        "ConnectionError: no route"  # fmt: skip
    assert "1 of 3 answers could not be scored: " in ran.err


def test_a_veto_is_a_verdict_and_no_failure(tpo, tmp_path):
    (tmp_path / "form.json").write_text('{"type": "object"}', encoding="utf-8")
    mix = f'constraints = ["verify:json:{tmp_path}/form.json"]\n[[parts]]\nreward = "heuristic"\n'
    (tmp_path / "mix.toml").write_text(mix, encoding="utf-8")
    rows = [{"prompt": "one", "answer": text} for text in ("{}", "no")]
    ran = tpo(
        "score", "-r", f"mix:{tmp_path}/mix.toml", stdin="\n".join(json.dumps(row) for row in rows)
    )
    assert ran.code == 0
    assert "1 of 2 answers are vetoed: vetoed by verify:json" in ran.err
    assert "could not be scored" not in ran.err
    assert lines(ran)[1]["failure"] == "vetoed"


def test_many_rows(score):
    rows = [{"prompt": "p" * (i % 7 + 1), "answer": "a" * i} for i in range(150)]
    ran = score(stdin="\n".join(json.dumps(row) for row in rows))
    assert [row["reward"] for row in lines(ran)] == [(i % 7 + 1) * 100.0 + i for i in range(150)]


GOOD = json.dumps(ROWS[0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "stdin has no rows"),
        ("\n \n", "stdin has no rows"),
        (GOOD + "\n{", "stdin, line 2: not JSON"),
        ('{"prompt": "x", "answer": "a", "x": 1e400}', "line 1: not JSON: the number 1e400 is too"),
        ('{"prompt": "x", "answer": "a", "x": NaN}', "line 1: not JSON: NaN is not a JSON number"),
        (GOOD + "\n[1]", "stdin, line 2: not a JSON object"),
        (GOOD + '\n\n{"prompt": "x"}', 'stdin, line 3: "answer" is missing'),
        ('{"prompt": "x", "answer": 3}', 'line 1: "answer" is missing or not a text'),
        ('{"answer": "a"}', 'line 1: give either "prompt" or "messages"'),
        ('{"prompt": "x", "messages": [], "answer": "a"}', "line 1: give either"),
        ('{"prompt": 3, "answer": "a"}', 'line 1: "prompt" must be a text'),
        ('{"messages": "x", "answer": "a"}', 'line 1: "messages" must be a list'),
        ('{"messages": [], "answer": "a"}', "line 1: "),
        ('{"prompt": " ", "answer": "a"}', "line 1: the prompt is empty"),
        ("question,answer\nx,y", "line 1: neither JSON lines nor CSV with the columns prompt and"),
        ("prompt,answer\nx,y\nx,y,z", "line 3: more values than columns"),
        ("prompt,answer\nx", 'line 2: "answer" is missing'),
        ('prompt,answer\nx,"y', "line 2: "),
        ("prompt,answer\n", "stdin has no rows"),
    ],
)
def test_a_wrong_file_names_the_line_and_costs_nothing(score, text, said):
    ran = score(stdin=text)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_missing_file_and_an_unknown_reward(score, tpo):
    ran = score("nowhere.jsonl")
    assert (ran.code, "nowhere.jsonl cannot be read" in ran.err) == (2, True)
    ran = tpo("score", "-r", "nonsense", stdin=GOOD)
    assert (ran.code, "unknown reward 'nonsense'" in ran.err) == (2, True)


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("reward", "code", "said"),
    [
        ("vllm:http://127.0.0.1:9?retries=0", 1, "cannot score: the reward server http://127.0.0"),
        ("judge:openai:gpt-5-mini", 2, "OPENAI_API_KEY"),
        ("hf:/nowhere/at/all", 2, "nowhere/at/all"),
        ("verify:score_ready:trl", 2, "score_ready:trl"),
    ],
)
def test_what_cannot_score_is_told_at_once_and_not_row_by_row(
    tpo, tmp_path, monkeypatch, reward, code, said
):
    """A server that is away, a key or a model that is missing, a function that does not fit."""
    module = "def trl(prompts, completions, **kwargs): return [1.0 for _ in prompts]\n"
    (tmp_path / "score_ready.py").write_text(module)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TPO_VERIFIERS", "score_ready:trl")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    ran = tpo("score", "-r", reward, stdin="\n".join([GOOD] * 3))
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert said in ran.err
    assert "could not be scored" not in ran.err


def test_the_demonstration_says_so(tpo):
    ran = tpo("score", stdin=GOOD)
    assert ran.code == 0
    assert "not a preference model" in ran.err


def test_a_table_in_a_terminal(score, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    out = score(stdin="\n".join(json.dumps(row) for row in ROWS)).out
    head, *rest = out.splitlines()
    assert head.split() == ["row", "reward", "prompt", "answer"]
    assert rest[1].split() == ["2", "502.00", "three", "bb"]
