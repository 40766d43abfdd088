from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tiny_huggingface import ROOM, need_extra, save_tiny

import tpo
from tpo.models.local import huggingface
from tpo.models.local.huggingface import huggingface_model
from tpo.models.local.import_torch import DEVICE
from tpo.models.policy import build_policy

PACKAGES = ["torch", "transformers", "langchain_huggingface"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    need_extra()
    return save_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_missing_package_is_one_sentence_with_what_to_type(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(tpo.MissingDependencyError) as caught:
        huggingface_model("someone/some-model")
    said = str(caught.value)
    assert "'huggingface:someone/some-model'" in said
    assert "pip install 'tpo[huggingface]'" in said
    assert "\n" not in said


@pytest.mark.parametrize("name", ["./no/such/folder", "nobody/no-such-model"])
def test_a_model_that_is_not_there_is_one_sentence_with_what_to_do(name):
    need_extra()
    with pytest.raises(tpo.PolicyError) as caught:
        huggingface_model(name)
    said = str(caught.value)
    assert f"policy 'huggingface:{name}' could not be loaded" in said
    assert f"hf download {name}" in said
    assert "HF_TOKEN" in said
    assert "\n" not in said


def test_a_folder_without_a_model_is_refused(tmp_path):
    need_extra()
    with pytest.raises(tpo.PolicyError, match="could not be loaded"):
        huggingface_model(str(tmp_path))


def test_a_base_model_is_refused(tmp_path):
    need_extra()
    with pytest.raises(tpo.PolicyError, match="use an instruct or chat model"):
        huggingface_model(save_tiny(tmp_path, template=None))


@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
def test_a_device_that_is_not_there_is_named(device, tiny, monkeypatch):
    monkeypatch.setenv(DEVICE, device)
    with pytest.raises(tpo.PolicyError, match=f"could not be loaded on {device}"):
        huggingface_model(tiny)


def test_without_cuda_the_device_is_the_cpu(tiny, monkeypatch):
    monkeypatch.delenv(DEVICE)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert huggingface_model(tiny).llm.pipeline.model.device.type == "cpu"


def test_cuda_is_taken_where_there_is_one(tiny, monkeypatch):
    asked, loaded = [], huggingface_model(tiny).llm
    monkeypatch.delenv(DEVICE)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr(
        "langchain_huggingface.HuggingFacePipeline.from_model_id",
        lambda source, **options: asked.append(options) or loaded,
    )
    monkeypatch.setattr(huggingface, "_load", huggingface._load.__wrapped__)  # past its cache
    huggingface_model(tiny)
    assert asked[0]["device"] == 0


def test_weights_are_loaded_once(tiny, monkeypatch):
    first = huggingface_model(tiny)
    monkeypatch.chdir(Path(tiny).parent)
    assert huggingface_model(Path(tiny).name).llm is first.llm


def test_the_policy_knows_its_name_and_room(tiny):
    policy = build_policy(f"huggingface:{tiny}")
    assert policy.name == f"huggingface:{tiny}"
    assert policy.context_tokens == ROOM


@pytest.mark.parametrize(("sampling", "requests"), [("auto", 1), ("native", 1), ("parallel", 3)])
def test_best_of_n(sampling, requests, tiny):
    result = tpo.align(
        "hello",
        policy=f"huggingface:{tiny}",
        reward=lambda query, answer: float(len(answer)),
        depth=0,
        width=3,
        max_tokens=12,
        seed=5,
        sampling=sampling,
    )
    texts = [c["text"] for c in result["candidates"]]
    assert len(set(texts)) == 3
    assert result["answer"] == max(texts, key=len)
    total = result["usage"]["total"]
    assert (total["requests"], total["sequences"]) == (requests, 3)
    assert total["exact"]
    prompt = len(["<s>", "<|user|>", *"hello", "<|end|>", "<|assistant|>"])
    assert total["input_tokens"] == requests * prompt
    assert 3 <= total["output_tokens"] <= 36


def test_noise_has_no_tags_so_the_loop_ends_with_the_best_first_answer(tiny):
    events = []
    result = tpo.align(
        "hello",
        policy=f"huggingface:{tiny}",
        reward=lambda query, answer: float(len(answer)),
        depth=1,
        width=3,
        max_tokens=12,
        critique_max_tokens=8,
        seed=5,
        on_event=events.append,
    )
    assert result["stop_reason"] == "no_update"
    updates = [c for c in result["candidates"] if c["round"] == 1]
    assert len(updates) == 3
    assert all(c["error"].startswith("malformed") for c in updates)
    first = [c["text"] for c in result["candidates"] if c["round"] == 0]
    assert result["answer"] == max(first, key=len)
    assert result["usage"]["total"]["requests"] == 4
    assert result["usage"]["total"]["exact"]
    assert {"tpo.loss_delta", "tpo.gradient_delta"} <= {e["type"] for e in events}


def test_the_same_seed_gives_the_same_run(tiny):
    def texts(seed: int) -> list[str]:
        result = tpo.align(
            "hello",
            policy=f"huggingface:{tiny}",
            reward=lambda query, answer: float(len(answer)),
            depth=1,
            width=3,
            max_tokens=12,
            critique_max_tokens=8,
            seed=seed,
        )
        now = result["rounds"][0]
        return [*(c["text"] for c in result["candidates"]), now["loss"], now["gradient"]]

    assert texts(1) == texts(1)
    assert texts(1) != texts(2)


def test_structured_output_falls_back_to_tags(tiny):
    result = tpo.align(
        "hello",
        policy=f"huggingface:{tiny}",
        reward=lambda query, answer: float(len(answer)),
        depth=1,
        width=2,
        max_tokens=8,
        critique_max_tokens=8,
        update_format="json",
        seed=5,
    )
    updates = [c["error"] for c in result["candidates"] if c["round"] == 1]
    assert updates == ["malformed: no <improved_answer> in the reply"] * 2
