"""ChatOpenAI with settings of its own, and a connection that ends with its test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from langchain_openai import AzureChatOpenAI, ChatOpenAI
from loopback_server import LoopbackServer
from openai import DefaultAsyncHttpxClient

Make = Callable[..., Any]


@asynccontextmanager
async def openai_clients() -> AsyncIterator[Make]:
    """Yield a function (server, **settings) -> model. LangChain's own client outlives a loop."""
    async with DefaultAsyncHttpxClient() as client:

        def make(server: LoopbackServer, *, azure: bool = False, **settings: Any) -> Any:
            shared: Any = {"api_key": "none", "max_retries": 0, "http_async_client": client}
            shared |= settings
            if not azure:
                return ChatOpenAI(model="m", base_url=server.base_url, **shared)
            url = server.base_url.removesuffix("/v1")
            server.chat = "/openai/deployments/m/chat/completions?api-version=2024-10-21"
            return AzureChatOpenAI(
                azure_endpoint=url, azure_deployment="m", api_version="2024-10-21", **shared
            )

        yield make
