"""The rewards that have a name: one table that the resolver, errors, `--help` and docs read."""

from __future__ import annotations

from .reward_form import RewardForm

REWARDS = (
    RewardForm(
        "heuristic",
        "a demonstration that looks at surface features; not a preference model",
        maker="heuristic:HeuristicReward",
        start="nothing",
        shared=True,
    ),
    RewardForm(
        "hf:MODEL",
        "a reward model of Hugging Face in this process, by hub id or folder",
        maker="huggingface.reward:HfReward.from_spec",
        extra="huggingface",
        shared=True,
    ),
    RewardForm(
        "vllm:http://HOST:8000",
        "a reward model served by vLLM",
        maker="served.vllm:VllmReward.from_spec",
        start="`vllm serve MODEL --runner pooling`",
        shared=True,
    ),
    RewardForm(
        "sglang:http://HOST:30000?tokenizer=MODEL",
        "a reward model served by SGLang",
        maker="served.sglang:SglangReward.from_spec",
        start="`python -m sglang.launch_server --model-path MODEL --is-embedding`",
        shared=True,
    ),
    RewardForm(
        "tei:http://HOST:8080",
        "a classifier or reranker served by Text Embeddings Inference",
        maker="served.tei:TeiReward.from_spec",
        start="`text-embeddings-router --model-id MODEL`",
        shared=True,
    ),
    RewardForm(
        "llamacpp:http://HOST:8080",
        "a reranker served by llama.cpp",
        maker="served.llamacpp:LlamaCppReward.from_spec",
        start="`llama-server -m MODEL.gguf --embedding --pooling rank`",
        shared=True,
    ),
    RewardForm(
        "judge:POLICY",
        "a language model rates each answer",
        maker="mixing.repeated:judge_from_spec",
        start="any policy spec; `judge` alone takes the run's policy",
        needs=("policy",),
    ),
    RewardForm(
        "pairwise:POLICY",
        "a language model compares answers in pairs",
        maker="judging.pairwise:PairwiseJudge.from_spec",
        start="the same",
        needs=("policy",),
    ),
    RewardForm(
        "groupwise:POLICY",
        "a language model ranks all answers of a round at once",
        maker="judging.groupwise:GroupwiseJudge.from_spec",
        start="the same",
        needs=("policy",),
    ),
    RewardForm(
        "rubric:FILE.toml",
        "a language model checks each answer against your criteria",
        maker="judging.rubric_file:rubric_named",
        start="see below; it names a judge, or takes the run's policy",
        needs=("policy",),
    ),
    RewardForm(
        "rubric:auto",
        "a language model writes criteria for the query, and checks each answer against them",
        maker="judging.rubric_file:rubric_named",
        start="the run's policy judges; `rubric:auto:POLICY` names another model; "
        "`?source=contrast` behind it also contrasts the best and the worst first answer",
        needs=("policy",),
    ),
    RewardForm(
        "verify:exact:TEXT",
        "1 if the answer is this text, else 0",
        maker="verifying.verify:verifier_from_spec",
        start="nothing",
    ),
    RewardForm(
        "verify:json:SCHEMA_FILE",
        "1 if the answer is JSON that fits the schema, else 0",
        maker="verifying.verify:verifier_from_spec",
        start="nothing",
    ),
    RewardForm(
        "verify:math:EXPRESSION",
        "1 if the last expression of the answer equals this one, else 0",
        maker="verifying.verify:verifier_from_spec",
        extra="verify",
    ),
    RewardForm(
        "verify:MODULE:NAME",
        "your own function or object",
        maker="verifying.verify:verifier_from_spec",
        start="list it in the environment: `TPO_VERIFIERS=MODULE:NAME`",
    ),
    RewardForm(
        "verify:command:COMMAND",
        "1 if a program of yours, given the answer as `{file}`, exits with 0, else 0",
        maker="verifying.verify:verifier_from_spec",
        start="list it in the environment: `TPO_VERIFIERS='command:pytest -q {file.py}'`",
    ),
    RewardForm(
        "mix:FILE.toml",
        "several rewards as one",
        maker="mixing.mix_file:mix_from_file",
        start="see below",
        needs=("resolve",),
    ),
    RewardForm(
        "cached:REWARD",
        "one of the others, its scores kept across runs",
        maker="caching.cached:cached_from_spec",
        start='see "Scores kept across runs"',
        needs=("resolve",),
    ),
)
BY_KIND = {spec.kind: spec for spec in REWARDS}
