"""Scoring throughput of `hf:` rewards against the plain text-classification pipeline.

The same small model of random weights, the same 60 texts of mixed length, in process; the
pipeline scores one text at a time, with raw logits, on text rendered beforehand. "1 run"
scores all 60; "16 runs" score 60 each, all at once: through the adapter they are batched
together, through the pipeline they take turns (it is not safe in several threads).

    python benchmarks/reward_throughput.py [--device cuda] [--hidden 256]

Needs the extra `huggingface`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from langchain_core.messages import HumanMessage

from tpo.rewards.huggingface.reward import HfReward
from tpo.rewards.planned_reward import score_now
from tpo.rewards.resolve import close_rewards

os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is fetched
Scores = list[list[Any]]
TEXTS, RUNS = 60, 16
QUERY = "Why is the sky blue?"
WORDS = "blue light is scattered by the air more than red since its waves are short"
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
)


def save_model(folder: str, hidden: int, layers: int) -> None:
    """Save a Llama-shaped reward model whose tokens are words."""
    torch, transformers = import_module("torch"), import_module("transformers")
    parts = import_module("tokenizers")
    special = ["<s>", "<|end|>", "<pad>", "<unk>", "<|user|>", "<|assistant|>"]
    vocabulary = {word: i for i, word in enumerate([*special, *dict.fromkeys(WORDS.split())])}
    raw = parts.Tokenizer(parts.models.WordLevel(vocabulary, unk_token="<unk>"))
    raw.pre_tokenizer = parts.pre_tokenizers.WhitespaceSplit()
    raw.add_special_tokens(special)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token="<s>",
        eos_token="<|end|>",
        pad_token="<pad>",
        unk_token="<unk>",
        chat_template=TEMPLATE,
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        hidden_size=hidden,
        intermediate_size=4 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 64,
        num_key_value_heads=hidden // 64,
        vocab_size=32_000,  # rows that are never used, as of a real one
        num_labels=1,
        pad_token_id=2,
        bos_token_id=0,
        eos_token_id=1,
        initializer_range=0.1,
    )
    transformers.LlamaForSequenceClassification(config).save_pretrained(folder)


def mixed_texts(seed: int) -> list[str]:
    """Return answers of 10 to 600 words, half of them below 100, each another."""
    lengths = random.Random(seed)
    return [
        " ".join(
            lengths.choices(WORDS.split(), k=min(600, 10 + int(lengths.lognormvariate(4.4, 0.8))))
        )
        for _ in range(TEXTS)
    ]


def pipeline_scorer(folder: str, device: str, dtype: str) -> Callable[[Sequence[str]], list[float]]:
    """Return what scores answers one at a time with transformers' own pipeline."""
    torch, transformers = import_module("torch"), import_module("transformers")
    pipe = transformers.pipeline(
        "text-classification",
        model=folder,
        tokenizer=folder,
        device=device,
        dtype=getattr(torch, dtype),
    )

    def text(answer: str) -> str:
        turns = [{"role": "user", "content": QUERY}, {"role": "assistant", "content": answer}]
        return str(pipe.tokenizer.apply_chat_template(turns, tokenize=False))

    def score(answers: Sequence[str]) -> list[float]:
        rows = pipe(
            [text(answer) for answer in answers],
            batch_size=1,
            function_to_apply="none",
            add_special_tokens=False,
        )
        return [row["score"] for row in rows]

    return score


async def clocked(
    work: Callable[[int], Awaitable[Scores]], runs: int, repeats: int
) -> tuple[float, float]:
    """Return the median seconds of wall clock and of processor time."""
    walls, processors = [], []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        await work(runs)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return median(walls), median(processors)


async def measure(folder: str, options: argparse.Namespace) -> None:
    """Check that both score alike, then time them and print the table."""
    reward = HfReward.from_spec(f"{folder}?device={options.device}&dtype={options.dtype}")
    pipe, query = pipeline_scorer(folder, options.device, options.dtype), [HumanMessage(QUERY)]
    sets = [mixed_texts(seed) for seed in range(RUNS)]

    async def by_reward(runs: int) -> Scores:
        return await asyncio.gather(*(score_now(reward, query, answers) for answers in sets[:runs]))

    async def by_pipeline(runs: int) -> Scores:
        return [pipe(answers) for answers in sets[:runs]]

    ours, theirs = (await by_reward(1))[0], (await by_pipeline(1))[0]  # warms both up
    apart = max(abs(a["reward"] - b) for a, b in zip(ours, theirs, strict=True))
    print(f"largest difference of a score: {apart:.1e}")
    print(
        f"{'':26}{'texts':>6}{'wall s':>9}{'texts/s':>9}{'cpu s':>9}{'ratio':>8}{'cpu ratio':>11}"
    )
    for runs in (1, RUNS):
        repeats = options.repeats if runs == 1 else 1
        base = await clocked(by_pipeline, runs, repeats)
        mine = await clocked(by_reward, runs, repeats)
        for name, (wall, processor) in (("pipeline, batch 1", base), ("hf: reward", mine)):
            print(
                f"{f'{runs} run{chr(115) * (runs > 1)}, {name}':26}{runs * TEXTS:6}{wall:9.2f}"
                f"{runs * TEXTS / wall:9.1f}{processor:9.2f}"
                f"{base[0] / wall:8.2f}{base[1] / processor:11.2f}"
            )
    close_rewards()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3, help="of the single run")
    parser.add_argument("--threads", type=int, help="of torch; default: its own choice")
    options = parser.parse_args()
    if options.threads:
        import_module("torch").set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        save_model(folder, options.hidden, options.layers)
        words = sorted(len(text.split()) for text in mixed_texts(0))
        print(
            f"Llama {options.layers} x {options.hidden}, {options.dtype} on {options.device}; "
            f"words {words[0]} to {words[-1]}, median {words[TEXTS // 2]}"
        )
        asyncio.run(measure(str(Path(folder)), options))


if __name__ == "__main__":
    main()
