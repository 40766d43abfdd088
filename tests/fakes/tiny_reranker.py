"""A reranker of random weights as a GGUF file, and llama.cpp's own server for it.

Run as a program (`MODEL_FILE KEY`), it writes the file, serves it with `--embedding --pooling
rank`, prints its address and ends when its stdin does. Needs the packages gguf and xllamacpp.
"""

import os
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

WIDTH, INNER, CONTEXT = 32, 64, 256
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write_model(path: Path) -> None:
    """Write a BERT of one layer whose words are single characters, with one score."""
    gguf, np = import_module("gguf"), import_module("numpy")
    random = np.random.default_rng(0)
    pieces = string.ascii_lowercase + string.digits + string.punctuation
    tokens = [*SPECIAL, *(f"\u2581{piece}" for piece in pieces), *pieces]
    file = gguf.GGUFWriter(str(path), "bert")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(WIDTH)
    file.add_feed_forward_length(INNER)
    file.add_block_count(1)
    file.add_head_count(2)
    file.add_layer_norm_eps(1e-12)
    file.add_causal_attention(False)
    file.add_pooling_type(gguf.PoolingType.RANK)
    file.add_tokenizer_model("bert")
    file.add_tokenizer_pre("default")
    file.add_token_list(tokens)
    file.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    file.add_token_type_count(2)
    for number, name in enumerate(("pad", "unk", "bos", "sep", "mask")):
        getattr(file, f"add_{name}_token_id")(number)
    file.add_eos_token_id(3)
    file.add_add_bos_token(True)
    file.add_add_eos_token(True)

    def add(name: str, *shape: int, scale: float = 0.2) -> None:
        file.add_tensor(name, (random.standard_normal(shape) * scale).astype(np.float32))

    def add_norm(name: str) -> None:
        file.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
        file.add_tensor(f"{name}.bias", np.zeros(WIDTH, np.float32))

    def add_layer(name: str, out: int, into: int, scale: float = 0.2) -> None:
        add(f"{name}.weight", out, into, scale=scale)
        add(f"{name}.bias", out)

    add("token_embd.weight", len(tokens), WIDTH, scale=1.0)
    add("token_types.weight", 2, WIDTH)
    add("position_embd.weight", CONTEXT, WIDTH)
    add_norm("token_embd_norm")
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        add_layer(f"blk.0.{name}", WIDTH, WIDTH, scale=0.5)
    add_norm("blk.0.attn_output_norm")
    add_layer("blk.0.ffn_up", INNER, WIDTH)
    add_layer("blk.0.ffn_down", WIDTH, INNER)
    add_norm("blk.0.layer_output_norm")
    add_layer("cls", WIDTH, WIDTH)
    add_layer("cls.output", 1, WIDTH, scale=2.0)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


@contextmanager
def llama_reranker(folder: Path, key: str) -> Iterator[str]:
    """Serve a new model file in a folder; yields the server's address."""
    command = [sys.executable, __file__, str(folder / "reranker.gguf"), key]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        try:
            address = run.stdout.readline().strip()
            assert address, "the server did not start"
            yield address
        finally:
            run.stdin.close()
            run.wait()


def serve(path: Path, key: str) -> None:
    """Serve until stdin ends."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the library prints
    write_model(path)
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.ui = params.endpoint_slots = params.warmup = False
    params.offline = True
    params.verbosity = 0
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_RANK
    params.n_parallel = 2
    params.n_ctx = 2 * CONTEXT
    params.n_batch = params.n_ubatch = CONTEXT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, file=answer, flush=True)
    sys.stdin.read()
    os._exit(0)  # no destructors: they wait for requests in flight


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2])
