"""The oracle is transformers itself: `generate(num_return_sequences=n)` with the same seed."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from tiny_huggingface import ENDS, NO_SYSTEM, TEMPLATE, need_extra, save_tiny

import tpo
from tpo.models.local.huggingface import huggingface_model
from tpo.models.local.huggingface_generate import read_messages, sampling
from tpo.models.local.huggingface_worker import worker

MESSAGES = [SystemMessage("be brief"), HumanMessage("hello")]
PROMPT = "<s><|system|>be brief<|end|><|user|>hello<|end|><|assistant|>"
TOKENS = len("be brief" + "hello") + 6  # of PROMPT: a byte is a token, and so is each mark
SAMPLED = {"temperature": 0.7, "top_p": 0.95, "max_tokens": 12, "seed": 3}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    need_extra()
    return huggingface_model(save_tiny(tmp_path_factory.mktemp("tiny")))


@pytest.fixture
def generated(tiny, monkeypatch) -> list[Any]:
    """Return what is called on the model: the thread, the parameters, the shape that came out."""
    calls: list[Any] = []
    model = tiny.llm.pipeline.model
    real = model.generate

    def generate(**options: Any) -> Any:
        call = SimpleNamespace(thread=threading.current_thread().name, new=None, **options)
        calls.append(call)
        ids = real(**options)
        if not options.get("return_dict_in_generate"):
            call.new = ids.shape[1] - options["input_ids"].shape[1]
        return ids

    monkeypatch.setattr(model, "generate", generate)
    return calls


def having(model: Any, **settings: Any) -> Any:
    """Return the model as request.py sets it up."""
    return model.model_copy(update=settings)


async def ask(model: Any, **settings: Any) -> list[Any]:
    """Return the generations of one request."""
    return (await having(model, **settings).agenerate([MESSAGES])).generations[0]


def expected(model: Any, ends: list[int] | None = None, **options: Any) -> list[list[int]]:
    """Return what transformers itself writes, each text up to and with its end."""
    torch = need_extra()
    tokenizer, net = model.llm.pipeline.tokenizer, model.llm.pipeline.model
    prompt = tokenizer(PROMPT, add_special_tokens=False, return_tensors="pt")["input_ids"]
    with torch.random.fork_rng():
        torch.manual_seed(SAMPLED["seed"])
        mask = torch.ones_like(prompt)
        ids = net.generate(input_ids=prompt, attention_mask=mask, **options)
    ends = ends or tokenizer.convert_tokens_to_ids(ENDS)
    texts = []
    for row in ids[:, prompt.shape[1] :].tolist():
        end = next((i + 1 for i, token in enumerate(row) if token in ends), len(row))
        texts.append(row[:end])
    return texts


FAMILIES = {
    "Llama": {},
    "Mistral": {"sliding_window": 4},
    "Mamba": {},
    "FalconH1": {"mamba_d_ssm": 64, "mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8},
}


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("kind", FAMILIES)
async def test_texts_and_usage_are_those_of_transformers(kind, n, tmp_path):
    need_extra()
    model = huggingface_model(save_tiny(tmp_path, kind=kind, config=FAMILIES[kind]))
    options = {"do_sample": True, "temperature": 0.7, "top_p": 0.95, "top_k": 0}
    wanted = expected(model, **options, max_new_tokens=40, num_return_sequences=n)
    decode = model.llm.pipeline.tokenizer.decode
    came = await ask(model, **{**SAMPLED, "n": n, "max_tokens": 40})
    assert [g.text for g in came] == [decode(ids, skip_special_tokens=True) for ids in wanted]
    tokens = sum(map(len, wanted))
    for generation in came:
        assert generation.message.usage_metadata == {
            "input_tokens": TOKENS,
            "output_tokens": tokens,
            "total_tokens": TOKENS + tokens,
        }


async def test_finish_reason_tells_an_end_from_a_cut(tmp_path):
    need_extra()
    many = list(range(1, 260, 20))  # so many ends that some texts meet one
    model = huggingface_model(save_tiny(tmp_path, generation={"eos_token_id": many}))
    sampled = {"do_sample": True, "temperature": 0.7, "top_p": 0.95, "top_k": 0}
    texts = expected(model, many, **sampled, max_new_tokens=12, num_return_sequences=8)
    reasons = ["stop" if ids[-1] in many else "length" for ids in texts]
    assert set(reasons) == {"stop", "length"}
    came = await ask(model, **SAMPLED, n=8)
    assert [g.generation_info["finish_reason"] for g in came] == reasons
    assert [g.message.response_metadata["finish_reason"] for g in came] == reasons
    assert came[0].message.usage_metadata["output_tokens"] == sum(map(len, texts))


async def test_the_prompt_is_the_models_own_format_once(tiny):
    prompt = read_messages(tiny.llm.pipeline.tokenizer, MESSAGES)
    assert tiny.llm.pipeline.tokenizer.decode(prompt["input_ids"][0]) == PROMPT
    assert prompt["attention_mask"].all()


async def test_history_and_tool_turns_keep_their_roles(tiny):
    turns = [
        HumanMessage("a"),
        AIMessage("b"),
        HumanMessage([{"type": "text", "text": "c"}]),
        ToolMessage("d", tool_call_id="1"),
    ]
    ids = read_messages(tiny.llm.pipeline.tokenizer, turns)["input_ids"][0]
    assert tiny.llm.pipeline.tokenizer.decode(ids) == (
        "<s><|user|>a<|end|><|assistant|>b<|end|><|user|>c<|end|><|tool|>d<|end|><|assistant|>"
    )


async def test_a_template_without_system_turns_gets_it_with_the_query(tmp_path):
    need_extra()
    model = huggingface_model(save_tiny(tmp_path, template=NO_SYSTEM + TEMPLATE))
    ids = read_messages(model.llm.pipeline.tokenizer, MESSAGES)["input_ids"][0]
    assert model.llm.pipeline.tokenizer.decode(ids) == (
        "<s><|user|>be brief\n\nhello<|end|><|assistant|>"
    )
    assert len((await ask(model, **SAMPLED))[0].text) > 0


async def test_a_seed_covers_the_texts_and_nothing_else(tiny):
    torch = need_extra()
    before = torch.get_rng_state()
    first = [g.text for g in await ask(tiny, **SAMPLED, n=3)]
    assert len(set(first)) == 3
    assert first == [g.text for g in await ask(tiny, **SAMPLED, n=3)]
    assert first != [g.text for g in await ask(tiny, **{**SAMPLED, "seed": 4}, n=3)]
    assert torch.equal(before, torch.get_rng_state())


async def test_without_a_seed_texts_differ(tiny):
    settings = {**SAMPLED, "seed": None}
    assert (await ask(tiny, **settings))[0].text != (await ask(tiny, **settings))[0].text


async def test_temperature_0_is_greedy_even_for_several(tiny, generated):
    texts = [g.text for g in await ask(tiny, temperature=0, top_p=0.5, max_tokens=9, n=3)]
    tokens = expected(tiny, do_sample=False, max_new_tokens=9)
    assert texts == [tiny.llm.pipeline.tokenizer.decode(tokens[0], skip_special_tokens=True)] * 3


async def test_several_texts_compute_their_prompt_once(tiny):
    shapes = []
    hook = tiny.llm.pipeline.model.register_forward_pre_hook(
        lambda module, args, kwargs: shapes.append(tuple(kwargs["input_ids"].shape)),
        with_kwargs=True,
    )
    try:
        await ask(tiny, **SAMPLED, n=3)
    finally:
        hook.remove()
    assert shapes[0] == (1, TOKENS - 1)
    assert set(shapes[1:]) == {(3, 1)}


@pytest.mark.parametrize(
    ("own", "asked", "wanted"),
    [
        ({"top_k": 50}, (None, None), {"top_k": 50}),
        ({"top_k": None}, (None, None), {"top_k": 0}),
        (
            {"top_k": 20},
            (0.7, 0.9),
            {"top_k": 20, "do_sample": True, "temperature": 0.7, "top_p": 0.9},
        ),
        ({"top_k": 20}, (None, 0.9), {"top_k": 20, "top_p": 0.9}),
        (
            {"top_k": 20},
            (0, 0.9),
            {"top_k": None, "do_sample": False, "temperature": None, "top_p": None},
        ),
    ],
)
def test_what_is_not_asked_is_the_models_own(own, asked, wanted):
    assert sampling(SimpleNamespace(**own), *asked) == wanted


async def test_an_answer_never_grows_past_the_models_room(tmp_path, caplog):
    need_extra()
    settings = {"config": {"max_position_embeddings": 24}, "generation": {"max_length": 20}}
    model = huggingface_model(save_tiny(tmp_path, **settings))
    [came] = await ask(model, **{**SAMPLED, "max_tokens": 1000})
    assert came.message.usage_metadata["output_tokens"] == 24 - TOKENS
    assert came.generation_info["finish_reason"] == "length"
    with pytest.raises(tpo.PolicyError, match=r"holds 24 tokens, and the prompt alone has 3\d"):
        await having(model, **SAMPLED).ainvoke("a prompt that is just too long")
    assert not caplog.records


@pytest.mark.parametrize("n", [None, 3])
async def test_a_stream_says_the_same_in_pieces(n, tiny):
    settings = {**SAMPLED, "max_tokens": 60}
    whole = (await ask(tiny, **settings))[0]
    chunks = [chunk async for chunk in having(tiny, **settings, n=n).astream(MESSAGES)]
    assert len(chunks) > 10
    assert "".join(c.text for c in chunks) == whole.text
    assert not any(c.text.endswith("\ufffd") for c in chunks[:-2])
    total = sum(chunks[1:], chunks[0])
    assert total.usage_metadata == whole.message.usage_metadata
    assert total.response_metadata == whole.message.response_metadata


def test_sync_calls_write_the_same(tiny):
    async def by_async() -> str:
        return (await ask(tiny, **SAMPLED))[0].text

    assert having(tiny, **SAMPLED).invoke(MESSAGES).text == asyncio.run(by_async())


async def test_parallel_requests_take_turns_in_one_thread(tiny, generated):
    both = await asyncio.gather(*(ask(tiny, **SAMPLED) for _ in range(4)))
    assert len({b[0].text for b in both}) == 1
    assert len(generated) == 4
    assert {call.thread for call in generated} == {"tpo-huggingface_0"}


async def test_a_request_nobody_waits_for_stops_and_a_waiting_one_never_starts(
    tiny, generated, monkeypatch
):
    monkeypatch.setattr(tiny.llm.pipeline.model.generation_config, "eos_token_id", None)
    long, started = having(tiny, **{**SAMPLED, "max_tokens": 600}), asyncio.Event()

    async def read() -> None:
        async for _ in long.astream(MESSAGES):
            started.set()

    tasks = [asyncio.create_task(read())]
    await started.wait()  # the loop is free while the worker writes
    tasks += [asyncio.create_task(read()), asyncio.create_task(long.ainvoke(MESSAGES))]
    queue = worker()._work_queue
    for _ in range(1000):
        await asyncio.sleep(0)
    assert queue.qsize() == 2
    for task in reversed(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await ask(tiny, **{**SAMPLED, "max_tokens": 5})
    assert [call.new < 600 for call in generated] == [True, True]
    assert generated[1].new == 5


async def test_stop_sequences_are_refused_rather_than_ignored(tiny):
    with pytest.raises(ValueError, match="do not support stop sequences"):
        await tiny.ainvoke(MESSAGES, stop=["x"])
