"""What a local model wrote, in the form in which LangChain takes it: texts and their cost."""

from __future__ import annotations

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from .huggingface_generate import end_tokens
from .import_torch import Untyped


def chat_result(pipeline: Untyped, texts: list[list[int]], length: int) -> ChatResult:
    """Return the texts and what they cost, which is of all together, as OpenAI's is.

    Args:
        pipeline: Of transformers, with the model and its tokenizer.
        texts: Their tokens.
        length: Tokens of the prompt.
    """
    output = sum(map(len, texts))
    usage = UsageMetadata(input_tokens=length, output_tokens=output, total_tokens=length + output)
    ends, generations = end_tokens(pipeline.model), []
    for ids in texts:
        info = {"finish_reason": "stop" if ids[-1] in ends else "length"}
        text = pipeline.tokenizer.decode(ids, skip_special_tokens=True)
        message = AIMessage(text, usage_metadata=usage, response_metadata={**info})
        generations.append(ChatGeneration(message=message, generation_info=info))
    return ChatResult(generations=generations)


def last_chunk(result: ChatResult) -> ChatGenerationChunk:
    """Return the end of a stream: no text, but what all of it cost."""
    message = result.generations[0].message
    return ChatGenerationChunk(
        message=AIMessageChunk(
            content="",
            usage_metadata=getattr(message, "usage_metadata", None),
            response_metadata=message.response_metadata,
            chunk_position="last",
        )
    )
