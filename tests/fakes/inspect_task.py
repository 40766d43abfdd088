"""Three questions put to a served model by inspect_ai; run by its own Python, prints JSON."""

from __future__ import annotations

import json
import sys

from inspect_ai import Task, eval  # noqa: A004  its name
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

ASKED = {
    "What colour is the sky on a clear day?": "blue",
    "What is 2 + 2?": "4",
    "What is the capital of France?": "Paris",
}
KNOBS = {"depth": 1, "width": 2, "critique_max_tokens": 16, "seed": 1}

if __name__ == "__main__":
    url, logs = sys.argv[1:]
    samples = [Sample(input=question, target=answer) for question, answer in ASKED.items()]
    (log,) = eval(
        Task(dataset=samples, solver=generate(), scorer=includes()),
        model="openai-api/tpo/tpo",
        model_base_url=url,
        max_tokens=16,
        extra_body={"tpo": KNOBS},
        max_connections=2,
        display="none",
        log_dir=logs,
    )
    told = [
        {
            "answer": sample.output.completion,
            "kinds": [part.type for part in sample.output.message.content],
            "tokens": sample.output.usage.output_tokens,
            "error": str(sample.error) if sample.error else None,
        }
        for sample in log.samples
    ]
    accuracy = log.results.scores[0].metrics["accuracy"].value
    print(json.dumps({"status": log.status, "accuracy": accuracy, "samples": told}))
