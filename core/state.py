"""What a run remembers: the channels of the graph and the records in them.

Everything here is plain JSON (dicts, lists, numbers, text), so that a checkpoint
needs no import to be read. The pool and the rounds live in delta channels: a
checkpoint stores what changed, not the whole pool again.
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from langchain_core.messages import AnyMessage
from langgraph.channels import DeltaChannel, EphemeralValue
from typing_extensions import TypedDict

from .early import Early
from .failure import FailureKind
from .feedback import Feedback
from .given_messages import add_turns
from .merge import Merge, merged_by
from .moves import Count, Move, Plan
from .round_critique import RoundCritique
from .stop_reason import StopReason
from .usage import Usage, add_usage
from .written_criterion import WrittenCriterion


class Score(Feedback):
    """What scoring one answer came to: a finite reward, or why there is none.

    Its `feedback` and `checks` say why the reward is what it is, if the reward can say.

    The candidate and its event have these fields as they are, and nothing on the way of a
    score (rewards/planned_reward.py) names them one by one. So a further field is added here, in
    `NO_SCORE` and in `RewardEvent`; if plain rewards may give it, `sound` (rewards/base.py)
    checks it.
    """

    reward: float | None
    """The finite score, or `None` while unscored or if scoring failed."""
    error: str | None
    """Why there is none; on a candidate, why it cannot be the answer."""
    failure: NotRequired[FailureKind | None]
    """The kind of `error`; left out in records of older versions, see `failure_of`."""
    parts: NotRequired[dict[str, float]]
    """Each part's own score, if the reward is a mix."""
    ratings: NotRequired[list[float]]
    """What a judge gave it each time, if it was asked more than once: `reward` is the mean."""


# What is left of a score when another reward scores the candidate again.
NO_SCORE = Score(
    reward=None, error=None, failure=None, parts={}, ratings=[], feedback="", checks=[]
)


class Candidate(Score):
    """One answer of the pool."""

    id: str
    """`r<round>c<index>`, unique within a turn."""
    turn: Count
    """Which turn of the thread it answers, from 1."""
    round: Count
    """0 for the first samples, r for the r-th update."""
    index: Count
    """Its place in the round, from 0."""
    text: str
    """The whole answer, reasoning removed; the raw reply if `error` says it is malformed."""
    drafted: NotRequired[bool]
    """`True` if the caller brought it, and no request."""
    reasoning: NotRequired[str]
    """What a thinking model thought first, if it showed it."""
    finish_reason: str | None
    """Why it ended: `stop`, `length`, ..., see core/replies/finish_reason.py."""
    parent_round: Count | None
    """The round of the chosen candidate this one improves on; `None` in round 0."""
    move: NotRequired[Move]
    """How it was made, in a run that plans."""
    critique: NotRequired[Count]
    """Which of several critiques it goes by, from 0: the round's own, then the `further` ones."""
    policy: NotRequired[str]
    """Which policy wrote it, in a run with several."""


class Round(TypedDict):
    """One pass of the loop: what was contrasted, and what was written about it."""

    turn: Count
    round: Count
    chosen: str | None
    """Id of the pool's best candidate after this round."""
    rejected: str | None
    """Id of the pool's worst, or `None` if there is nothing to contrast."""
    loss: str | None
    gradient: str | None
    best: float | None
    """Highest reward among this round's candidates."""
    mean: float | None
    std: float | None
    spread: float | None
    """Reward of chosen minus reward of rejected, over the whole pool."""
    best_length: Count | None
    """Characters of the chosen candidate."""
    reward: float | None
    """Reward of the chosen candidate."""
    heldout: float | None
    """What the held-out reward gives the chosen candidate, if there is one."""
    heldout_sample: NotRequired[list[float]]
    """What it gives other answers like it, if the guard asked to tell a fall from noise."""
    ranked_by: str
    """Name of the reward that ranked; another than asked for after a degradation."""
    malformed: Count
    """Candidates of this round without a usable answer."""
    vetoed: NotRequired[int]  # how many of these a reward has ruled out
    diversity: NotRequired[float | None]
    """How much its scored answers differ: 0 if all are copies, 1 if they share no two words."""
    near_copies: NotRequired[Count]
    """How many of them nearly copy an earlier answer of the pool."""
    criteria: NotRequired[dict[str, list[WrittenCriterion]]]
    """What rewards had written for this query, to check its answers for; by their names."""
    picked_by: Literal["reward", "human"]
    plan: NotRequired[Plan]
    """How the next round is divided, in a run that plans."""
    further: NotRequired[list[RoundCritique]]
    """The critiques beside its own loss and gradient, in a run with several per round."""
    policy: NotRequired[str]
    """In round 0 of a run with several: which policy goes on, because its answer is the best."""
    by_hand: NotRequired[list[Literal["loss", "gradient"]]]
    """Which texts a person wrote in place of the critic."""
    error: str | None
    """Why there is no critique, or `None`."""
    failure: NotRequired[FailureKind | None]
    """The kind of `error`."""


# A node writes outlines of the candidates that its tasks have written; if a crash separates
# the two, the rest is blank until `restore` (nodes/paid/durable.py) has found it.
merge_candidates: Merge[Candidate] = merged_by(
    "id", text="", reward=None, error=None, finish_reason=None, parent_round=None
)
merge_rounds: Merge[Round] = merged_by("round")


class InputState(TypedDict):
    """What a caller gives: a conversation whose last human turn is the query."""

    messages: Annotated[list[AnyMessage], add_turns]
    drafts: NotRequired[Annotated[list[str], EphemeralValue]]
    """Answers that exist already: they are the first candidates of round 0, and cost nothing.
    Gone after the step that reads them, so that they never meet another question."""


class AnswerState(TypedDict):
    """What a caller gets who wants the answer and not how it was found."""

    answer: str
    reward: float | None
    stop_reason: StopReason | None


class State(InputState, total=False):
    """All channels of the graph."""

    turn: Count
    """Counts the queries answered on this thread; written by `sample`."""
    round: Count
    """The current round; written by `sample` and `update`."""
    # Beta channel, hence the lower bounds in pyproject. One snapshot in 20 updates is about one
    # in three turns: reading the state reads all checkpoints back to it, each with all messages.
    candidates: Annotated[list[Candidate], DeltaChannel(merge_candidates, snapshot_frequency=20)]
    rounds: Annotated[list[Round], DeltaChannel(merge_rounds, snapshot_frequency=20)]
    early: Annotated[Early, EphemeralValue]
    """From `sample` or `update` to `rank`."""
    usage: Annotated[Usage, add_usage]
    degraded: bool
    """The fallback reward ranks, for the rest of the turn: two scales are never mixed."""
    refused: list[str]
    """Request parameters the policy was found to refuse (`n`, `temperature`, ...); `n>4` if its
    server gives four texts at most for one request; `NAME: n` of several policies."""
    critic_refused: list[str]
    """The same for the critic."""
    halt: StopReason | None
    """A stop decided by a node itself (a person, a failed critique); else `None`."""
    answer: str
    reward: float | None
    stop_reason: StopReason | None
