"""Two rewards of your own: a function, and an object that sees a whole round at once.

    python examples/custom_reward.py                              # offline, a canned model
    python examples/custom_reward.py --policy openai:gpt-5-mini   # for real

docs/rewards.md is the contract, and the list of those that exist.
"""

from __future__ import annotations

import asyncio
from typing import Any

from offline import QUESTION, options

import tpo


def concise(query: str, answer: str) -> float:
    """About twelve words. Higher is better; any scale will do."""
    return -abs(len(answer.split()) - 12)


class Original:
    """Prefers what the other answers of the round do not say; refuses to praise the ocean.

    A round at once: a real one would ask a server with all texts in one request.
    """

    name, batch_size, notice = "original", None, ""

    async def score(self, messages: Any, answers: list[str]) -> list[tpo.Score]:
        """Return one score per answer: a number, or the reason why there is none."""
        words = [set(answer.lower().split()) for answer in answers]
        scores = []
        for mine, answer in zip(words, answers, strict=True):
            if "ocean" in answer:
                scores.append(tpo.unscored("it speaks of the ocean"))
                continue
            others = set().union(*(other for other in words if other is not mine))
            scores.append(tpo.scored(len(mine - others)))
        return scores


async def main() -> None:
    """Answer the same question for both."""
    for name, reward in {"concise": concise, "original": Original()}.items():
        chosen = options(__doc__)
        result = await tpo.aalign(QUESTION, policy=chosen.policy, reward=reward, **chosen.settings)
        print(f"{name}: {result['answer']}")
        for candidate in result["candidates"]:
            said = candidate["error"] or f"{candidate['reward']:.2f}"
            print(f"  {candidate['id']} {said:>8}  {candidate['text']}")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except tpo.TPOError as error:
        raise SystemExit(str(error)) from None
