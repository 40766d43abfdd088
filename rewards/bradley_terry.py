"""From wins in pairs to one number per answer: the Bradley-Terry model.

`P(i beats j) = 1 / (1 + exp(r_j - r_i))`. Found by the usual minorise-maximise steps
(Hunter 2004); ties count as half a win for each side. Every answer also has one tie with
an average answer, so that a sweep gives a finite rating.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

STEPS = 200
PRIOR = 0.5  # wins of each answer against the average one, and of that against it


def ratings(wins: Sequence[Sequence[float]]) -> list[float]:
    """Rate answers by their wins over each other.

    Args:
        wins: `wins[i][j]` is how often i beat j; a tie is 0.5 for both.

    Returns:
        One rating each, in log-odds units; the average answer is at 0. Equal records get
        equal ratings, exactly.

    Example:
        >>> [round(r, 2) for r in ratings([[0, 2], [0, 0]])]
        [1.01, -1.01]
    """
    count = len(wins)
    won = [math.fsum(row) + PRIOR for row in wins]
    strength = [1.0] * count
    for _ in range(STEPS):
        new = []
        for i in range(count):
            met = [
                (wins[i][j] + wins[j][i]) / (strength[i] + strength[j])
                for j in range(count)
                if j != i
            ]
            new.append(won[i] / math.fsum([*met, 2 * PRIOR / (strength[i] + 1.0)]))
        if new == strength:
            break
        strength = new
    return [round(math.log(s), 9) for s in strength]
