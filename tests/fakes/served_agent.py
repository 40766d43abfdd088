"""Agents for `langgraph dev` (served_agent.json names them): scripted, with our middleware.

`agent` answers at once, or slowly where the question says so; `careful` asks a person before
it uses a tool.
"""

from __future__ import annotations

import asyncio
from typing import Any

from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import BaseMessage
from scripted_agent import AgentModel, agent_model, optimised
from scripted_agent import agent as agent_of


class Patient(AgentModel):
    """Takes its time for a candidate where the question holds the word `slowly`."""

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> Any:
        if not options.get("tools") and "slowly" in messages[-1].text + messages[1].text:
            await asyncio.sleep(0.5)
        return await super()._agenerate(messages, *args, **options)


def _model() -> AgentModel:
    return Patient(script=agent_model().script)


agent = agent_of(_model(), optimised(sampling="parallel"), name="agent")
careful = agent_of(
    _model(), HumanInTheLoopMiddleware({"people": True}), optimised(), name="careful"
)
