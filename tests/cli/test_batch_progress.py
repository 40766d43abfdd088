"""What is said of a batch that is under way."""

from __future__ import annotations

from tpo.cli.screen.batch_progress import Progress
from tpo.core.usage import cost
from tpo.datasets.batch.sums import Sums


def test_what_all_rows_will_cost_is_said_once_a_row_has_an_answer():
    spent = cost(requests=9, input_tokens=300)
    answered = Sums(done=2, paid=cost(requests=4, input_tokens=200))
    assert Progress(10, answered, 2, 5, spent, 1.0).cost == "300 tokens (all: about 1,000 tokens)"
    assert Progress(10, Sums(failed=1), 1, 5, spent, 1.0).cost == "300 tokens"
