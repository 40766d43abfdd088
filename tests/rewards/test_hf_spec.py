"""What `hf:` specs say, and what is said when there is no such reward model."""

from __future__ import annotations

import sys

import pytest
from tiny_huggingface import need_extra
from tiny_rewards import ONE_TURN, save_reward

from tpo.core.errors import ConfigError, MissingDependencyError, SpecError
from tpo.rewards.base import Reward
from tpo.rewards.huggingface.reward import HfReward
from tpo.rewards.huggingface.spec import HfSource
from tpo.rewards.resolve import close_rewards, resolve_reward


@pytest.fixture(autouse=True)
def _closed():
    yield
    close_rewards()


def test_a_spec_is_a_reward_the_same_for_every_run():
    reward = resolve_reward(" hf:a/b?device=cuda:1&dtype=bfloat16&max_tokens=512 ")
    assert isinstance(reward, Reward)
    assert reward.source == HfSource("a/b", "cuda:1", "bfloat16", max_tokens=512)
    assert (reward.name, reward.batch_size, reward.notice) == ("hf:a/b?max_tokens=512", 1, "")
    assert resolve_reward("hf:a/b?device=cuda:1&dtype=bfloat16&max_tokens=512") is reward


def test_every_option():
    given = "x?weights=a%26b:1,c%2Cd:-.5&batch_tokens=9&input=pair&device=mps&dtype=auto"
    weights = (("a&b", 1.0), ("c,d", -0.5))
    wanted = HfSource("x", "mps", "auto", weights, batch_tokens=9, pair=True)
    assert HfReward.from_spec(given).source == wanted
    assert HfReward.from_spec("x?input=chat").source == HfSource("x")


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", "reward 'hf' names no model: hf:MODEL_OR_PATH?device=cpu&dtype=float32"),
        ("?device=cpu", "reward 'hf' names no model"),
        ("x?colour=red", "hf: option 'colour' is unknown, empty or given twice. Valid options: "),
        ("x?device=", "hf: option 'device' is unknown, empty or given twice"),
        ("x?device=cpu&device=cpu", "hf: option 'device' is unknown, empty or given twice"),
        ("x?dtype=int8", "hf: option dtype=int8: one of float32, bfloat16, float16, auto"),
        ("x?max_tokens=0", "hf: option max_tokens=0: a number of tokens, 1 or more"),
        ("x?max_tokens=many", "hf: option max_tokens=many: a number of tokens"),
        ("x?batch_tokens=-1", "hf: option batch_tokens=-1: a number of tokens"),
        ("x?input=both", "hf: option input=both: one of chat, pair"),
        ("x?weights=0.7", "hf: option weights=0.7: say LABEL:NUMBER"),
        ("x?weights=a:1,a:2", "hf: option weights=a:1,a:2: say LABEL:NUMBER, each label once"),
        ("x?weights=a:nan", "hf: option weights=a:nan: say LABEL:NUMBER"),
        ("x?weights=a:much", "hf: option weights=a:much: could not convert"),
    ],
)
def test_a_malformed_spec_is_one_sentence(rest, said):
    with pytest.raises(SpecError) as caught:
        resolve_reward(f"hf:{rest}")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("package", ["torch", "transformers"])
async def test_a_missing_package_is_one_sentence_with_what_to_type(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("TPO_HF_DEVICE", "cpu")
    for other in {"torch", "transformers"} - {package}:
        monkeypatch.setitem(sys.modules, other, sys)  # any module will do
    with pytest.raises(MissingDependencyError) as caught:
        await HfReward.from_spec("someone/some-model").score(ONE_TURN, ["hello"])
    said = str(caught.value)
    assert said.startswith("reward 'hf:someone/some-model' needs packages that are not installed: ")
    assert "pip install 'tpo[huggingface]'" in said
    assert "\n" not in said


async def refusal(spec: str) -> str:
    """Return the one sentence a model is refused with."""
    need_extra()
    with pytest.raises(ConfigError) as caught:
        await HfReward.from_spec(spec).load()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["./no/such/folder", "nobody/no-such-model"])
async def test_a_model_that_is_not_there(name):
    said = await refusal(name)
    assert said.startswith(f"reward 'hf:{name}' could not be loaded on cpu: ")
    assert "Name a folder with a sequence classifier in it" in said
    assert f"hf download {name}" in said
    assert "HF_TOKEN" in said


async def test_a_folder_without_a_model(tmp_path):
    assert "could not be loaded on cpu" in await refusal(str(tmp_path))


async def test_a_language_model_is_no_classifier(tmp_path):
    need_extra()
    said = await refusal(save_reward(tmp_path, task="CausalLM"))
    why = "is not a trained classifier: score.weight is not in its files and would be random"
    assert why in said


async def test_a_head_over_tokens_is_no_classifier_though_its_weights_fit(tmp_path):
    need_extra()
    said = await refusal(save_reward(tmp_path, task="TokenClassification"))
    assert "is a LlamaForTokenClassification, which scores tokens and not texts" in said


async def test_several_labels_need_weights_that_name_them(tmp_path):
    need_extra()
    names = {0: "helpful", 1: "honest"}
    folder = save_reward(tmp_path, config={"num_labels": 2, "id2label": names})
    wanted = "gives 2 numbers per text and a reward is one: say what each label counts, as in "
    for spec in (folder, f"{folder}?weights=helpful:1,kind:2"):
        said = await refusal(spec)
        assert wanted + "?weights=helpful:0.7,honest:0.3; its labels are helpful, honest" in said


async def test_one_label_takes_no_weights(tmp_path):
    need_extra()
    said = await refusal(f"{save_reward(tmp_path)}?weights=LABEL_0:1")
    assert said.endswith("has one score per text: leave weights= out")


async def test_no_chat_template_names_the_option_for_pairs(tmp_path):
    need_extra()
    said = await refusal(save_reward(tmp_path, template=None))
    assert said.endswith("add ?input=pair; else name one with ?template=FILE")


@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
async def test_a_device_that_is_not_there_is_named(device, tmp_path, monkeypatch):
    need_extra()
    folder = save_reward(tmp_path)
    assert f"could not be loaded on {device}: " in await refusal(f"{folder}?device={device}")
    monkeypatch.setenv("TPO_HF_DEVICE", device)
    assert f"could not be loaded on {device}: " in await refusal(folder)
    await HfReward.from_spec(f"{folder}?device=cpu").load()


async def test_a_refused_model_is_tried_again(tmp_path):
    need_extra()
    assert "could not be loaded" in await refusal(str(tmp_path))
    save_reward(tmp_path)
    await HfReward.from_spec(str(tmp_path)).load()
