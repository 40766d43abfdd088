"""Heads of their own are told as such before weights are loaded, and run only where trusted."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from scripted_model import ScriptedModel
from steps import says
from tiny_huggingface import need_extra
from tiny_rewards import ANSWERS, LLAMA, ONE_TURN, Oracle, near, rewards, save_reward

import tpo
from tpo.cli.doctor.reward_checks import readied
from tpo.core.errors import ConfigError, RewardError
from tpo.rewards.huggingface import loaded
from tpo.rewards.huggingface.model import load
from tpo.rewards.huggingface.reward import HfReward
from tpo.rewards.huggingface.spec import HfSource
from tpo.rewards.huggingface.trust import trusted_revision
from tpo.rewards.planned_reward import Job
from tpo.rewards.resolve import close_rewards

# As ArmoRM and QRM do it: many objectives and a gate; the score is a field of its own.
OWN_CODE = """
from dataclasses import dataclass
from typing import Optional
import torch
from transformers import LlamaModel, LlamaPreTrainedModel
from transformers.utils import ModelOutput

@dataclass
class Scored(ModelOutput):
    score: Optional[torch.Tensor] = None
    logits: Optional[torch.Tensor] = None

class LlamaForGatedReward(LlamaPreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        self.model = LlamaModel(config)
        self.regression_layer = torch.nn.Linear(config.hidden_size, 3, bias=False)
        self.post_init()

    def forward(self, input_ids=None, attention_mask=None):
        hidden = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        last = attention_mask.sum(-1) - 1
        objectives = self.regression_layer(hidden[torch.arange(len(last)), last])
        return Scored(score=objectives.mean(-1), logits=objectives)
"""


@pytest.fixture(autouse=True)
def _closed():
    need_extra()
    yield
    close_rewards()


def change_config(folder: Path, **changes: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def rename_weights(folder: Path, names: dict[str, str], *, index: bool) -> None:
    """Rename weights; optionally as a model in several files, with an index."""
    safetensors = import_module("safetensors.torch")
    weights = safetensors.load_file(folder / "model.safetensors")
    renamed = {names.get(name, name): weight for name, weight in weights.items()}
    (folder / "model.safetensors").unlink()
    file = "model-00001-of-00001.safetensors" if index else "model.safetensors"
    safetensors.save_file(renamed, folder / file, {"format": "pt"})
    if index:
        held = {"metadata": {}, "weight_map": dict.fromkeys(renamed, file)}
        (folder / "model.safetensors.index.json").write_text(json.dumps(held))


@pytest.fixture
def no_weights(monkeypatch):
    """Fail where weights would be loaded."""
    auto = import_module("transformers").AutoModelForSequenceClassification

    def loads(*_: Any, **__: Any) -> None:
        raise AssertionError("weights were loaded")

    monkeypatch.setattr(auto, "from_pretrained", loads)


def refusal(folder: Path, spec: str = "") -> str:
    """Return the sentence with which a run ends before anything is paid."""
    policy = ScriptedModel(script=[])
    with pytest.raises(ConfigError) as caught:
        tpo.align("Why?", policy=policy, reward=f"hf:{folder}{spec}", depth=0, width=2)
    assert policy.asked == []
    return str(caught.value).partition("\n")[0]


@pytest.mark.usefixtures("no_weights")
def test_code_of_its_own_is_named_with_what_would_allow_it(tmp_path):
    save_reward(tmp_path)
    code = {"AutoModelForSequenceClassification": "modeling_custom.LlamaForRewardModelWithGating"}
    change_config(tmp_path, architectures=["LlamaForRewardModelWithGating"], auto_map=code)
    said = refusal(tmp_path)
    assert said.startswith(f"reward 'hf:{tmp_path}' has a head of its own (LlamaForRewardModelWith")
    assert f"TPO_HF_TRUST={tmp_path}@REVISION" in said


@pytest.mark.usefixtures("no_weights")
def test_a_class_that_nobody_has_is_told_as_such(tmp_path):
    save_reward(tmp_path)
    change_config(tmp_path, architectures=["INFORMForSequenceClassification"])
    said = refusal(tmp_path)
    assert "has a head of its own (INFORMForSequenceClassification), whose code is neither" in said


@pytest.mark.usefixtures("no_weights")
@pytest.mark.parametrize("index", [True, False], ids=["several files", "one file"])
@pytest.mark.parametrize(
    "names",
    [{"score.weight": "score.0.weight"}, {"model.norm.weight": "regression_layer.weight"}],
    ids=["in its place", "beside it"],
)
def test_weights_of_another_head_are_seen_in_the_files_before_they_are_read(names, index, tmp_path):
    save_reward(tmp_path)
    rename_weights(tmp_path, names, index=index)
    [name] = names.values()
    said = refusal(tmp_path)
    assert f"has a head of its own: its files hold {name}, which no classifier of" in said


@pytest.mark.usefixtures("no_weights")
def test_a_language_model_is_seen_in_the_files_too(tmp_path):
    save_reward(tmp_path, task="CausalLM")
    assert "is not a trained classifier: score.weight is not in its files" in refusal(tmp_path)


@pytest.mark.parametrize("family", ["Llama", "Qwen3", "ModernBert", "Roberta", "Bert"])
async def test_the_usual_heads_are_not_taken_for_their_own(family, tmp_path):
    template = LLAMA if family in {"Roberta", "Bert"} else ""
    await HfReward.from_spec(save_reward(tmp_path, family, template=template)).load()


def own_head(folder: Path) -> Any:
    """Save a model with a head and code of its own; return it."""
    save_reward(folder)
    (folder / "modeling_gated.py").write_text(OWN_CODE)
    code = {"AutoModelForSequenceClassification": "modeling_gated.LlamaForGatedReward"}
    change_config(folder, architectures=["LlamaForGatedReward"], auto_map=code)
    rename_weights(folder, {"score.weight": "regression_layer.weight"}, index=False)
    torch, safetensors = need_extra(), import_module("safetensors.torch")
    weights = safetensors.load_file(folder / "model.safetensors")
    weights["regression_layer.weight"] = torch.randn(3, 32, generator=torch.manual_seed(1))
    safetensors.save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return weights["regression_layer.weight"]


async def test_code_that_is_trusted_runs_and_its_own_score_counts(tmp_path, monkeypatch):
    head = own_head(tmp_path)
    monkeypatch.setenv("TPO_HF_TRUST", f"org/other@abc, {tmp_path}")
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "modules"))
    usual = tmp_path / "usual"
    oracle = Oracle(save_reward(usual))
    wanted = []
    for answer in ANSWERS:
        ids = oracle.torch.tensor([oracle.fitted(ONE_TURN, answer)])
        hidden = oracle.model.model(input_ids=ids).last_hidden_state[0, -1]
        wanted.append((head @ hidden).mean().item())
    reward = HfReward.from_spec(str(tmp_path))
    assert rewards(await reward.score(ONE_TURN, ANSWERS)) == near(wanted)


def test_code_is_trusted_by_name_and_revision_and_by_the_environment_alone(monkeypatch, tmp_path):
    assert trusted_revision(HfSource("org/name")) is None
    monkeypatch.setenv("TPO_HF_TRUST", f"a/b@c, org/name@f00 ,{tmp_path}")
    assert trusted_revision(HfSource("org/name")) == "f00"
    assert trusted_revision(HfSource("org/name", revision="f00")) == "f00"
    assert trusted_revision(HfSource("org/name", revision="main")) is None
    assert trusted_revision(HfSource("org")) is None
    assert trusted_revision(HfSource(str(tmp_path))) == ""
    monkeypatch.setenv("TPO_HF_TRUST", "org/name, relative/folder")
    assert trusted_revision(HfSource("org/name")) is None
    assert trusted_revision(HfSource("relative/folder")) is None


def test_the_head_counts_in_float32(tmp_path):
    torch = need_extra()
    half = load(HfSource(save_reward(tmp_path), dtype="bfloat16"))
    assert (half.model.dtype, half.model.score.weight.dtype) == (torch.bfloat16, torch.float32)
    texts = [half.renderer.tokens([{"role": "user", "content": text}]) for text in ANSWERS]
    scores = torch.tensor(half.forward(texts))
    assert not torch.equal(scores, scores.bfloat16().float())  # steps finer than its own


@pytest.mark.parametrize(
    ("option", "wanted"),
    [("revision", {"revision": "v2"}), ("device_map", {"device_map": "balanced"})],
)
async def test_options_reach_the_loader(option, wanted, tmp_path, monkeypatch):
    folder, auto = save_reward(tmp_path), import_module("transformers")
    given: list[dict[str, Any]] = []

    def loads(*_: Any, **options: Any) -> None:
        given.append(options)
        raise OSError("enough")

    monkeypatch.setattr(auto.AutoModelForSequenceClassification, "from_pretrained", loads)
    spec = f"{folder}?{option}={wanted[option]}"
    with pytest.raises(ConfigError, match="enough"):
        await HfReward.from_spec(spec).load()
    assert given[0].items() >= {**wanted, "trust_remote_code": False}.items()
    assert ("?revision=v2" in HfReward.from_spec(spec).name) is (option == "revision")


async def test_a_template_of_the_spec_takes_the_place_of_the_tokenizer_s(tmp_path):
    bare, template = tmp_path / "bare", tmp_path / "t.jinja"
    template.write_text(LLAMA)
    wanted = Oracle(save_reward(tmp_path / "whole")).scores(ONE_TURN, ANSWERS)
    save_reward(bare, template=None)
    reward = HfReward.from_spec(f"{bare}?template={template}")
    assert rewards(await reward.score(ONE_TURN, ANSWERS)) == near(wanted)
    assert reward.name.endswith(f"?template={template}")
    with pytest.raises(ConfigError, match=r"the template .*gone.jinja cannot be read"):
        await HfReward.from_spec(f"{bare}?template={tmp_path / 'gone.jinja'}").load()


def test_a_cut_is_told_once_a_round(tmp_path):
    reward = f"hf:{save_reward(tmp_path)}?max_tokens=60"
    events: list[Any] = []
    knobs: Any = {"depth": 0, "width": 3, "on_event": events.append}
    policy = says(sample=lambda nth: f"{nth} " * 60)
    tpo.align("Why?", policy=policy, reward=reward, **knobs)
    told = [e["message"] for e in events if e["type"] == "tpo.notice"]
    assert len(told) == 1
    assert (
        "reads 60 tokens: an answer that is longer with its conversation is scored wit" in told[0]
    )


async def test_a_load_that_lasts_is_given_up_with_a_sentence(tmp_path, monkeypatch):
    never = import_module("concurrent.futures").Future()
    monkeypatch.setattr(loaded, "shared", lambda source: never)
    monkeypatch.setattr("tpo.rewards.huggingface.reward.shared", lambda source: never)
    with pytest.raises(RewardError, match=r"is not loaded after 0.01 s; it goes on loading"):
        await HfReward.from_spec(f"{tmp_path}?load_timeout=0.01").load()


async def test_the_whole_reason_of_a_failed_load_is_told(tmp_path, monkeypatch):
    folder, long = save_reward(tmp_path), "a cause " * 100 + "and its end"
    auto = import_module("transformers").AutoConfig

    def fails(*_: Any, **__: Any) -> None:
        raise OSError(long)

    monkeypatch.setattr(auto, "from_pretrained", fails)
    with pytest.raises(ConfigError, match="and its end"):
        await HfReward.from_spec(folder).load()


async def test_the_doctor_loads_once(tmp_path, monkeypatch):
    tries: list[HfSource] = []

    def fails(source: HfSource) -> None:
        tries.append(source)
        raise ConfigError("no such model")

    monkeypatch.setattr(loaded, "load", fails)
    with pytest.raises(ConfigError, match="no such model"):
        await readied(HfReward.from_spec(str(tmp_path)), Job([], []))
    assert len(tries) == 1


def test_device_and_device_map_exclude_each_other():
    with pytest.raises(tpo.SpecError, match="give device= or device_map=, not both"):
        HfReward.from_spec("a/b?device=cpu&device_map=auto")


async def test_an_own_head_of_several_numbers_is_no_score(tmp_path, monkeypatch):
    own_head(tmp_path)
    monkeypatch.setenv("TPO_HF_TRUST", str(tmp_path))
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "modules"))
    code = tmp_path / "modeling_gated.py"
    code.write_text(code.read_text().replace("score=objectives.mean(-1), ", ""))
    [score] = await HfReward.from_spec(str(tmp_path)).score([HumanMessage("Hi")], ["Hello"])
    assert "gave 3 numbers per text and not 1" in str(score["error"])
