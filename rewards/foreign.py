"""How reward functions of other libraries are told, and how each is called for one answer."""

from __future__ import annotations

# How the first arguments of reward functions elsewhere are called, what that means, and how one
# of them is called for one answer. The first entry that has any of the names is taken.
FOREIGN: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset({"prompts", "completions", "completion_ids"}),
        "as in TRL: lists in, a list out",
        "{name}(prompts=[query], completions=[answer])[0]",
    ),
    (
        frozenset({"queries", "responses", "answers"}),
        "which are lists",
        "{name}([query], [answer])[0]",
    ),
    (
        frozenset({"pred", "gold"}),
        "as a metric of DSPy",
        "{name}(dspy.Example(question=query), dspy.Prediction(answer=answer))",
    ),
    (
        frozenset({"y_true", "y_pred", "predictions", "references", "eval_pred"}),
        "as a metric over arrays",
        "{name}([REFERENCE], [answer])",
    ),
    (
        frozenset({"outputs", "reference_outputs", "run"}),
        "as an evaluator of LangSmith",
        '{name}(inputs={{"query": query}}, outputs={{"answer": answer}})["score"]',
    ),
    (
        frozenset({"data_source", "solution_str", "ground_truth"}),
        "as in verl",
        '{name}("", answer, REFERENCE)',
    ),
    (
        frozenset({"text_pair", "inputs", "input_ids"}),
        "as a pipeline or a model of Hugging Face",
        '{name}(answer)[0]["score"]',
    ),
)
