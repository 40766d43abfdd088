"""`tpo_tool`: TPO as a tool that an agent may call for a demanding text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from langchain_core.messages import HumanMessage
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.errors import TPOError
from ..core.json_types import JsonObject
from ..core.make_context import chosen_context
from ..core.told_name import told_text
from ..graphs.background import result_of
from ..models.policy import PolicyLike
from ..nodes.paid.run_models import GivenModels
from ..prompts.prompt_set import PromptSet
from ..prompts.tool import CRITERIA, DESCRIPTION, DRAFT, NAME, TASK, assignment
from ..rewards.resolve import RewardLike
from .chat_model.call_settings import CallSettings
from .inner_run.callbacks_and_saver import Saving, saving_of_sync_call
from .inner_run.run_inside import InnerRun, states_of
from .inner_run.run_summary import Detail, trace_of


class Assignment(BaseModel):
    """What the agent's model fills in."""

    task: str = Field(description=TASK, min_length=1)
    draft: str = Field(default="", description=DRAFT)
    criteria: str = Field(default="", description=CRITERIA)


@dataclass(frozen=True)
class Writer:
    """What the tool calls.

    Attributes:
        call: Models, rewards and settings.
    """

    call: CallSettings

    async def write(
        self, task: str, draft: str = "", criteria: str = "", *, saving: Saving = "own"
    ) -> tuple[str, JsonObject]:
        """Write the text; the other part is how it was found.

        Raises:
            ToolException: it could not be written.
        """
        messages = [HumanMessage(assignment(task, criteria))]
        drafts = [draft] if draft.strip() else []
        try:
            read_conversation(messages)
            graph = self.call.graph()
            run = InnerRun(graph, messages, self.call.context, drafts, saving=saving)
            state = [state async for state in states_of(run)][-1]
        except TPOError as error:
            why = told_text(str(error), self.call.specs)
            raise ToolException(f"The text could not be written: {why}") from error
        return state["answer"], trace_of(state, self.call.trace)

    def write_now(self, task: str, draft: str = "", criteria: str = "") -> tuple[str, JsonObject]:
        """Do the same in a sync agent."""
        return result_of(self.write(task, draft, criteria, saving=saving_of_sync_call()))

    def __deepcopy__(self, memo: object) -> Writer:
        """Return the same: nothing of it changes, and models cannot be copied so deep."""
        return self


def tpo_tool(  # noqa: PLR0913  keywords, each of them optional
    policy: PolicyLike | None = None,
    reward: RewardLike | None = None,
    *,
    policies: Sequence[PolicyLike] | None = None,
    critic: PolicyLike | None = None,
    heldout: RewardLike | None = None,
    fallback: RewardLike | None = None,
    prompts: PromptSet | Mapping[str, str] | str | None = None,
    name: str = NAME,
    description: str = DESCRIPTION,
    trace: Detail = "full",
    context: Context | Mapping[str, object] | None = None,
    **settings: object,
) -> BaseTool:
    """Return a tool that writes a text with care, from `task`, `draft` and `criteria`.

    The text is the tool's answer; how it was found is the `artifact` of its message. In an
    agent with a saver it is durable, and its events stream as those of a subgraph. If a run
    fails, the agent's model gets the reason as the answer and can go on without the text.

    Args:
        policy: The model that writes: any `BaseChatModel`, or a spec.
        reward: A function `(query, answer) -> float`, a reward object, or a spec.
        policies: Several in place of `policy`: they divide the first samples, and the one whose
            answer is the best goes on.
        critic: Another model for loss and gradient.
        heldout: A reward that watches without steering.
        fallback: What ranks when the reward failed (see `on_reward_failure`).
        prompts: Other prompts.
        name: What the agent's model calls it.
        description: What the agent's model reads about it.
        trace: `brief` leaves the texts of the pool and the critiques out of the artifact.
        context: The settings, as an object or a mapping.
        **settings: Or one by one, and these win: any setting of `Context`: depth, width, seed, ...

    Raises:
        ConfigError: an unknown setting, or a value out of bounds.
        SpecError: an unknown spec.

    Example:
        >>> tool = tpo_tool("openai:gpt-5-mini", "heuristic", depth=1)
        >>> tool.name, list(tool.args)
        ('write_carefully', ['task', 'draft', 'criteria'])
        >>> agent = create_agent("openai:gpt-5-mini", [tool])  # doctest: +SKIP
    """
    given = GivenModels(policy, reward, critic, heldout, fallback, prompts, policies=policies)
    call = CallSettings(given, chosen_context(context, settings), trace)
    call.check()
    writer = Writer(call)
    return StructuredTool(
        name=name,
        description=description,
        args_schema=Assignment,
        func=writer.write_now,
        coroutine=writer.write,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )
