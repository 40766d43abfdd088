"""How often a judge prefers the better answer: `judge:`, with reasons, `rubric:`, `pairwise:`.

Each row has a question, two answers, and which of them people prefer, as in LLMBar
(github.com/princeton-nlp/LLMBar, `dataset.json`): `input`, `output_1`, `output_2`, `label`; a row
that has `criteria` is checked for those. `benchmarks/real/judge_rows.py` makes such rows of texts
that a program has checked. One request at a time, or of `--at-once` rows one each. What is known
stands in a file and is not asked again: stop it, and go on later.

    python benchmarks/judges.py openai:NAME@http://127.0.0.1:8000/v1 dataset.json --known it.jsonl
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage

import tpo
from tpo.core.context import Context
from tpo.core.json_types import JsonObject
from tpo.core.usage import add_costs, cost
from tpo.rewards.judging.marks import Marks
from tpo.rewards.judging.reasons import Reasoned
from tpo.rewards.planned_reward import Job, PlannedReward, score_job

CRITERIA = [
    tpo.Criterion("does what was asked", "Does it do exactly what the query asks?", weight=3.0),
    tpo.Criterion("is correct", "Is everything that it says correct?", weight=2.0),
    tpo.Criterion("is complete", "Is nothing missing that the query asks for?"),
    tpo.Criterion("stays with it", "Is it free of what the query does not ask for?"),
    tpo.Criterion("keeps the form", "Does it keep every limit on form and length in the query?"),
]
Record = dict[str, Any]


class JudgeReasonsFirst(tpo.Judge):
    """`judge:` whose reason comes before the rating: `tpo` asks for the rating first."""

    def asked(self, call: int) -> Reasoned:
        return Reasoned(self.form(call))


class MarksReasonsLast(Marks):
    """Marks whose reasons follow them: `tpo` asks for the reasons first."""

    @property
    def as_json(self) -> str:
        why, passed = (
            '"why": in one sentence, what in the answer decides it',
            '"passed": true or false',
        )
        return super().as_json.replace(f"{why}, {passed}", f"{passed}, {why}")

    @property
    def schema(self) -> JsonObject:
        marks = {
            number: {**mark, "properties": dict(reversed(mark["properties"].items()))}
            for number, mark in super().schema["properties"].items()
        }
        return {**super().schema, "properties": marks}


class RubricReasonsLast(tpo.Rubric):
    """`rubric:` whose reasons follow the marks."""

    def form(self, call: list[int]) -> MarksReasonsLast:
        return MarksReasonsLast(len(call) - 1 or len(self.criteria))


ARMS: Mapping[str, Callable[[Any, list[tpo.Criterion]], PlannedReward]] = {
    "judge:": lambda model, _: tpo.Judge(model),
    "judge: with reasons": lambda model, _: tpo.Judge(model, reasons=True),
    "judge: reasons first": lambda model, _: JudgeReasonsFirst(model, reasons=True),
    "rubric:": tpo.Rubric,
    "rubric: reasons last": RubricReasonsLast,
    "rubric: no reasons": lambda model, criteria: tpo.Rubric(model, criteria, reasons=False),
    "rubric: one by one": lambda model, criteria: tpo.Rubric(model, criteria, one_by_one=True),
    "rubric: one by one, no reasons": lambda model, criteria: tpo.Rubric(
        model, criteria, one_by_one=True, reasons=False
    ),
    "rubric:auto": lambda model, _: tpo.QueryRubric(model),
    "rubric:auto, contrast": lambda model, _: tpo.QueryRubric(model, source="contrast"),
    "pairwise:": lambda model, _: tpo.PairwiseJudge(model),
    "pairwise: with reasons": lambda model, _: tpo.PairwiseJudge(model, reasons=True),
}


def read_rows(path: Path, longest: float = math.inf) -> list[Record]:
    """Return the rows of a JSON list, or of JSON lines, up to a number of characters."""
    text = path.read_text(encoding="utf-8")
    listed = text.lstrip().startswith("[")
    rows = json.loads(text) if listed else [json.loads(line) for line in text.splitlines() if line]
    return [r for r in rows if len(r["input"] + r["output_1"] + r["output_2"]) <= longest]


def read_known(path: Path) -> dict[tuple[str, int], Record]:
    """Return what an earlier call has found, by arm and row; a line that was cut off is not."""
    known = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            record = json.loads(line)
            known[record["arm"], record["row"]] = record
        except (ValueError, KeyError):
            continue
    return known


async def judged(reward: PlannedReward, row: Record, settings: Context) -> Record:
    """Score both answers of a row, one request after the other."""
    job = Job([HumanMessage(row["input"])], [row["output_1"], row["output_2"]], settings=settings)
    alone, paid = asyncio.Lock(), cost()

    async def ask(call: Any) -> Any:
        nonlocal paid
        async with alone:
            try:
                done = await reward.call(job, call)
            except tpo.TPOError as error:
                paid = add_costs(paid, getattr(error, "cost", cost()))
                raise
            paid = add_costs(paid, cost(**done["cost"]))
            return done

    scores = await score_job(reward, job, ask)
    marks = [[check.get("passed") for check in s.get("checks", ())] for s in scores]
    said = {"marks": marks} if any(marks) else {}
    return {"scores": [s["reward"] for s in scores], "errors": [s["error"] for s in scores], **said,
            "requests": paid["requests"], "output_tokens": paid["output_tokens"]}  # fmt: skip


async def measure(
    model: Any,
    rows: Sequence[Record],
    known_file: Path,
    arms: Sequence[str],
    settings: Context,
    at_once: int = 1,
) -> list[Record]:
    """Return a record for each arm and row; each is written as soon as it is known."""
    known, room = read_known(known_file), asyncio.Semaphore(at_once)
    wanted = [(arm, number) for number in range(len(rows)) for arm in arms]
    with known_file.open("a", encoding="utf-8") as file:
        if known_file.stat().st_size:
            file.write("\n")  # the last line may have been cut off

        async def find(arm: str, number: int) -> None:
            criteria = [tpo.Criterion(name) for name in rows[number].get("criteria", ())]
            async with room:
                reward = ARMS[arm](model, criteria or CRITERIA)
                found = await judged(reward, rows[number], settings)
            known[arm, number] = {"arm": arm, "row": number, **found}
            file.write(json.dumps(known[arm, number]) + "\n")
            file.flush()

        await asyncio.gather(*(find(*one) for one in wanted if one not in known))
    return [known[one] for one in wanted]


def worth(record: Record, label: int) -> float:
    """Return 1 if the better answer scores higher, 0.5 on a tie or a failed score, else 0."""
    better, other = (record["scores"][i] for i in (label - 1, 2 - label))
    if better is None or other is None:
        return 0.5
    return float(better > other) + 0.5 * (better == other)


def interval(share: float, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    half /= 1 + z * z / count
    return middle - half, middle + half


def table(records: Sequence[Record], rows: Sequence[Record]) -> str:
    """Return the accuracy of each arm, ties and failures, and what a row costs."""
    lines = ["| judge | rows | right | 95 % | ties | failed | requests | output tokens |",
             "|---|--:|--:|---|--:|--:|--:|--:|"]  # fmt: skip
    for arm in dict.fromkeys(record["arm"] for record in records):
        own = [record for record in records if record["arm"] == arm]
        right = sum(worth(r, int(rows[r["row"]]["label"])) for r in own) / len(own)
        low, high = interval(right, len(own))
        failed = sum(None in r["scores"] for r in own)
        ties = sum(r["scores"][0] == r["scores"][1] for r in own if None not in r["scores"])
        requests, tokens = (
            sum(r[k] for r in own) / len(own) for k in ("requests", "output_tokens")
        )
        lines.append(f"| `{arm}` | {len(own)} | {right:.1%} | {low:.1%} to {high:.1%} | {ties} "
                     f"| {failed} | {requests:.1f} | {tokens:.0f} |")  # fmt: skip
    return "\n".join(lines)


def marks_right(records: Sequence[Record], rows: Sequence[Record]) -> str:
    """Return how many marks of each rubric agree with a program, where a row says what that found.

    A rubric that passes all is right as often as the answers pass, so this is told too.
    """
    both: dict[str, list[tuple[bool, bool]]] = {}
    for record in records:
        found = rows[record["row"]].get("passed", ()) if "marks" in record else ()
        for passed, marks in zip(found, record.get("marks", ()), strict=False):
            known = zip(passed, marks, strict=True) if marks else ()  # none if its score failed
            both.setdefault(record["arm"], []).extend(known)
    lines = []
    for arm, pairs in both.items():
        right = sum(program == judge for program, judge in pairs)
        low, high = interval(right / len(pairs), len(pairs))
        lines.append(f"`{arm}`: {right} of {len(pairs)} marks are the program's ({low:.1%} to "
                     f"{high:.1%}); by the program {sum(p for p, _ in pairs)} pass")  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("policy", help="who judges: the spec of a policy")
    parser.add_argument("rows", type=Path, help="LLMBar's dataset.json, or JSON lines like it")
    parser.add_argument("--known", type=Path, default=Path("judges.jsonl"), help="what is known")
    parser.add_argument("--most", type=int, default=None, help="how many rows are taken")
    parser.add_argument("--longest", type=int, default=math.inf, help="characters of a whole row")
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--at-once", type=int, default=1, help="how many rows are judged at once")
    given = parser.parse_args()
    rows = read_rows(given.rows, given.longest)[: given.most]
    settings = Context(timeout=600)
    asking = measure(given.policy, rows, given.known, given.arms, settings, given.at_once)
    records = asyncio.run(asking)
    print(table(records, rows), marks_right(records, rows), sep="\n\n")


if __name__ == "__main__":
    main()
