"""Functions of other libraries are refused with what to write, before anything is paid."""

from __future__ import annotations

import decimal
import fractions
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from scripted_model import ScriptedModel

import tpo
from tpo.core.errors import ConfigError
from tpo.rewards.base import sound
from tpo.rewards.function import FunctionReward, as_reward


def trl(prompts, completions, **kwargs): ...
def trl_short(completions, **kwargs): ...
def trl_keywords(*, prompts, completions, **kwargs): ...
def dspy_metric(args, pred, trace=None): ...
def arrays(y_true, y_pred): ...
def langsmith(inputs, outputs, reference_outputs): ...
def verl(data_source, solution_str, ground_truth, extra_info=None): ...
def turned(answer, query): ...
def alone(answer): ...
def with_reference(query, answer, reference): ...
def keywords(*, query, answer): ...
def lists(query, answer) -> list[float]: ...
def texts(query, answer) -> str: ...
def nothing(query, answer) -> None: ...
def yields(query, answer) -> Iterator[float]:
    yield 1.0


class Pipeline:
    def __call__(self, text, text_pair=None, **options): ...


WRONG: dict[Any, tuple[str, str]] = {
    trl: (
        "takes (prompts, completions, **kwargs), as in TRL",
        "def reward(query: str, answer: str) -> float: "
        "return trl(prompts=[query], completions=[answer])[0]",
    ),
    trl_short: ("as in TRL", "return trl_short(prompts=[query], completions=[answer])[0]"),
    trl_keywords: (
        "takes (*, prompts, completions, **kwargs), as in TRL",
        "return trl_keywords(prompts=[query], completions=[answer])[0]",
    ),
    dspy_metric: ("takes (args, pred, trace=None), as a metric of DSPy", "dspy.Prediction("),
    arrays: ("as a metric over arrays", "return arrays([REFERENCE], [answer])"),
    langsmith: ("as an evaluator of LangSmith", 'outputs={"answer": answer})["score"]'),
    verl: ("as in verl", 'return verl("", answer, REFERENCE)'),
    Pipeline(): ("as a pipeline or a model of Hugging Face", "def reward(query: str"),
    turned: ("takes (answer, query), the answer first", "return turned(answer, query)"),
    alone: ("is called with two texts, the query and the answer", "too many positional"),
    with_reference: ("is called with two texts", "missing a required argument: 'reference'"),
    keywords: ("is called with two texts", "return keywords(...)"),
    lists: ("says that it returns list[float]", "returns one number"),
    texts: ("says that it returns str", "returns one number"),
    nothing: ("says that it returns None", "returns one number"),
    yields: ("yields; a reward returns one number", ""),
}


def written(form: Any) -> str:
    return getattr(form, "__name__", type(form).__name__)


@pytest.mark.parametrize("form", WRONG, ids=written)
def test_a_foreign_function_is_refused_with_what_to_write(form):
    policy = ScriptedModel(script=[])  # fails at the first request
    with pytest.raises(ConfigError) as caught:
        tpo.align("Why?", policy=policy, reward=form, depth=0, width=2)
    first, then = WRONG[form]
    assert first in str(caught.value)
    assert then in str(caught.value)
    assert policy.asked == []


@pytest.mark.parametrize("role", ["reward", "heldout", "fallback"])
def test_it_is_refused_in_every_role_and_inside_a_mix(role):
    with pytest.raises(ConfigError, match="as in TRL"):
        tpo.build_tpo(ScriptedModel(script=[]), **{role: trl})
    with pytest.raises(ConfigError, match="as in TRL"):
        tpo.Mix([tpo.Part(lambda query, answer: 1.0)], constraints=[trl])


def test_a_model_of_torch_is_named_as_what_it_is():
    torch = pytest.importorskip("torch")
    with pytest.raises(ConfigError, match=r"is a model of torch.*'hf:MODEL'"):
        as_reward(torch.nn.Linear(1, 1))


OWN = {
    "other names": lambda prompt, response: 1.0,
    "further arguments of its own": lambda query, answer, references=(), trace=None: 1.0,
    "any arguments": lambda *args, **kwargs: 1.0,
    "a builtin": max,
    "a partial": partial(with_reference, reference="x"),
}


@pytest.mark.parametrize("form", OWN)
def test_what_can_be_called_with_two_texts_is_taken(form):
    assert FunctionReward(OWN[form])


class Plain:
    name, batch_size, notice = "plain", None, ""

    def score(self, messages, answers):
        return []


def test_an_object_whose_score_is_not_async_is_refused():
    with pytest.raises(ConfigError, match=r"Plain\.score is not async: write async def score"):
        as_reward(Plain())  # type: ignore[arg-type]


def numbers() -> dict[str, Any]:
    np, torch = import_module("numpy"), pytest.importorskip("torch")
    return {
        "float32": np.float32(1),
        "int64": np.int64(1),
        "bool_": np.bool_(True),
        "array of one": np.array([1.0]),
        "array of one in two dimensions": np.array([[1.0]]),
        "tensor": torch.tensor(1.0),
        "tensor of one": torch.tensor([1.0]),
        "bfloat16": torch.tensor(1.0, dtype=torch.bfloat16),
        "with a gradient": torch.tensor([1.0], requires_grad=True),
        "bool": True,
        "Decimal": decimal.Decimal(1),
        "Fraction": fractions.Fraction(1),
    }


def test_numbers_of_other_libraries_are_numbers():
    got = {form: sound("r", tpo.scored(value)) for form, value in numbers().items()}
    assert got == {form: {"reward": 1.0, "error": None} for form in got}


def test_what_is_not_a_number_is_named():
    np, torch = import_module("numpy"), pytest.importorskip("torch")
    said = {
        "1": "gave '1', which is not a number but a text: return float(...) of it",
        None: "gave None, which is not a number: does it return something on every path?",
        (1.0, "why"): "but a tuple: it is called once for each answer and returns a number, or",
        1j: "gave 1j, which is not a number but a complex number",
        float("inf"): "gave inf, which is not a finite number",
    }
    for value, words in said.items():
        assert words in str(sound("r", tpo.scored(value))["error"])  # type: ignore[arg-type]
    more = [([1.0], "list"), ({"score": 1}, "dict")]
    more += [(np.array([1.0, 2.0]), "ndarray"), (torch.tensor([1.0, 2.0]), "Tensor")]
    for held, kind in more:
        assert f"but a {kind}: it is called once" in str(sound("r", tpo.scored(held))["error"])
    assert "but a text" not in str(sound("r", tpo.scored(np.array(["1"])))["error"])  # type: ignore[arg-type]


async def test_a_function_s_number_is_read_from_an_array_of_one():
    np = import_module("numpy")
    reward = FunctionReward(lambda query, answer: np.array([len(answer)]))
    [score] = await tpo.rewards.base.checked(reward, [HumanMessage("Why?")], ["four"])
    assert score == {"reward": 4.0, "error": None}
