"""The paper's loop as a graph.

::

    sample -> rank -> [stop?] -> loss -> gradient -> update -> rank -> ... -> finish
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from ..core.context import Context
from ..core.state import InputState, State
from ..models.policy import PolicyLike
from ..nodes.choose import choose_node
from ..nodes.finish import finish_node
from ..nodes.gradient import gradient_node
from ..nodes.loss import loss_node
from ..nodes.paid.run_models import GivenModels
from ..nodes.rank import rank_node
from ..nodes.sample import sample_node
from ..nodes.update import update_node
from ..prompts.prompt_set import PromptSet
from ..rewards.resolve import RewardLike
from .nodes_and_edges import IN_BRIEF, AsyncStep, edges

MAX_STEPS = 10_000  # only `depth` limits a run; a chain around it would allow 25 steps
TPOGraph = StateGraph[State, Context, InputState, State]
TPOApp = CompiledStateGraph[State, Context, InputState, State]


def build_tpo(  # noqa: PLR0913  keywords only, each of them optional
    policy: PolicyLike | None = None,
    reward: RewardLike | None = None,
    *,
    policies: Sequence[PolicyLike] | None = None,
    critic: PolicyLike | None = None,
    heldout: RewardLike | None = None,
    fallback: RewardLike | None = None,
    prompts: PromptSet | Mapping[str, str] | str | None = None,
    defaults: Context | None = None,
    context_schema: type[Context] = Context,
    output_schema: type[Any] = State,
    speak: bool = True,
) -> TPOGraph:
    """Build the TPO graph, uncompiled, so that the caller chooses saver and store.

    Args:
        policy: The model that answers: any chat model, also bound or with fallbacks, or a spec:
            `openai:gpt-5-mini`. Not given: `Context.policy` of each run.
        reward: What ranks candidates: a function `(query, answer) -> float` (sync or
            async), an object with the `Reward` contract, or a spec. Not given:
            `Context.reward`.
        policies: Several models in place of `policy`: they divide the first samples, and the one
            whose answer is the best goes on. Not given: `Context.policies`.
        critic: Another model for loss and gradient. Not given: `Context.critic`, else
            the policy.
        heldout: A reward that scores the chosen answer of each round without steering.
            Not given: `Context.heldout`.
        fallback: What ranks once the reward failed and `on_reward_failure` is `degrade`.
            Not given: `Context.fallback_reward`.
        prompts: A prompt set, the name of one, or texts that replace some prompts.
        defaults: Settings of runs that are given no `context=`.
        context_schema: A subclass of `Context` whose other defaults forms should show.
        output_schema: Which channels the result holds; `AnswerState` of `tpo.core.state`
            is the answer alone. A server then leaves all others out of `updates` too.
        speak: Whether the answer is added to `messages`, and so reaches the `messages`
            stream. `False` for a caller that has its own message for it.

    Returns:
        A `StateGraph`. Input: `{"messages": [...]}`, whose last human turn is the query,
        and if there are any, `drafts`: answers that are to compete with the samples.
        Output: `answer`, `reward`, `messages`, `candidates`, `rounds`, `stop_reason`,
        `usage`.

    Raises:
        SpecError: an unknown reward spec.
        PromptError: an unknown prompt, a missing or unknown placeholder.

    Example:
        >>> graph = build_tpo("openai:gpt-5-mini", lambda query, answer: -len(answer))
        >>> app = graph.compile()
        >>> result = await app.ainvoke(  # doctest: +SKIP
        ...     {"messages": [("user", "Why is the sky blue?")]}, context={"depth": 1})

    Source:
        Li et al., Test-time Preference Optimization, arXiv 2501.12895, section 3.
    """
    models = (policy, reward, critic, heldout, fallback, prompts)
    given = GivenModels(*models, defaults or context_schema(), policies)
    return build_graph(
        given.checked(), context_schema=context_schema, output_schema=output_schema, speak=speak
    )


def build_graph(
    given: GivenModels,
    *,
    context_schema: type[Context] = Context,
    output_schema: type[Any] = State,
    speak: bool = True,
) -> TPOGraph:
    """Wire the steps; the arguments are those of `build_tpo`."""
    graph: TPOGraph = StateGraph(
        State, context_schema, input_schema=InputState, output_schema=output_schema
    )
    steps = {
        "sample": sample_node(given=given),
        "rank": rank_node(given=given),
        "choose": choose_node(),
        "loss": loss_node(given=given),
        "gradient": gradient_node(given=given),
        "update": update_node(given=given),
        "finish": finish_node(given=given, speak=speak),
    }
    for name, node in steps.items():
        graph.add_node(name, AsyncStep(node, name), trace_policy=IN_BRIEF)
    graph.add_edge(START, "sample")
    graph.add_edge("sample", "rank")
    for name, edge in edges(given).items():
        graph.add_conditional_edges(name, edge, edge.targets)
    graph.add_edge("update", "rank")
    graph.add_edge("finish", END)
    return graph
