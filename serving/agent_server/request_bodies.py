"""The bodies of requests about threads and runs."""

from __future__ import annotations

from collections.abc import Container
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ...core.errors import InputError
from ...core.json_types import JsonObject
from ...core.make_context import explain
from ..error_responses import Refusal
from .check_update import messages_in
from .metadata import Metadata, MetadataSearch
from .refused_fields import refuse_ignored

StreamMode = Literal[
    "values",
    "updates",
    "custom",
    "messages",
    "messages-tuple",
    "tasks",
    "checkpoints",
    "debug",
]
M = TypeVar("M", bound=BaseModel)
MAX_LISTED = 1000


def as_update(given: object) -> object:
    """Return an input or an update that the state may be able to take.

    Raises:
        ValueError: it is not an object, or its messages are not messages: they would be saved.
    """
    if given is not None and not isinstance(given, dict):
        raise ValueError('give an object: {"messages": [...]}')
    try:
        messages_in(given)
    except InputError as error:
        raise ValueError(str(error)) from None
    return given


Update = Annotated[Any, BeforeValidator(as_update)]


class RequestBody(BaseModel):
    """A JSON object; unknown fields are ignored, as the Agent Server does."""

    model_config = ConfigDict(extra="ignore")


class CheckpointAt(RequestBody):
    """A checkpoint of a thread."""

    checkpoint_id: str | None = None
    checkpoint_ns: str | None = None
    checkpoint_map: JsonObject | None = None


class RunCommand(RequestBody):
    """What to resume a paused run with."""

    resume: object = None
    update: Update = None
    goto: object = None

    @field_validator("goto")
    @classmethod
    def _no_goto(cls, goto: object) -> object:
        if goto:
            raise ValueError("goto is not offered; fork with a state update `as_node` instead")
        return goto

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.resume is None and not self.update:
            raise ValueError("an empty command: give what to resume with, or an update")
        return self


class RunCreate(RequestBody):
    """A run to start."""

    assistant_id: str
    input: Update = None
    command: RunCommand | None = None
    context: JsonObject | None = None
    config: JsonObject = Field(default_factory=dict)
    metadata: Metadata = Field(default_factory=dict)
    checkpoint: CheckpointAt | None = None
    checkpoint_id: str | None = None
    stream_mode: StreamMode | list[StreamMode] = "values"
    stream_subgraphs: bool = False
    stream_resumable: bool = False
    interrupt_before: Literal["*"] | list[str] | None = None
    interrupt_after: Literal["*"] | list[str] | None = None
    multitask_strategy: Literal["reject", "enqueue"] = "enqueue"
    on_disconnect: Literal["cancel", "continue"] = "continue"
    if_not_exists: Literal["create", "reject"] = "reject"
    durability: Literal["sync", "async", "exit"] = "sync"

    _nothing_ignored = model_validator(mode="before")(refuse_ignored)

    @field_validator("*", mode="before")
    @classmethod
    def _null_is_default(cls, value: object, info: ValidationInfo) -> object:
        if value is None:
            return cls.model_fields[str(info.field_name)].get_default(call_default_factory=True)
        return value

    @property
    def start(self) -> str | None:
        """The id of the checkpoint to start from, if one is named."""
        return (self.checkpoint.checkpoint_id if self.checkpoint else None) or self.checkpoint_id

    @property
    def modes(self) -> list[str]:
        """The stream modes, each once."""
        given = [self.stream_mode] if isinstance(self.stream_mode, str) else self.stream_mode
        return list(dict.fromkeys(given))

    def settings(self, known: Container[str]) -> JsonObject:
        """Return the settings of the run, and those that older clients put into `configurable`."""
        configurable = self.config.get("configurable")
        older = configurable if isinstance(configurable, dict) else {}
        return {**{k: v for k, v in older.items() if k in known}, **(self.context or {})}


class ThreadCreate(RequestBody):
    """A thread to make."""

    thread_id: UUID | None = None
    metadata: Metadata | None = None
    if_exists: Literal["raise", "do_nothing"] | None = None


class ThreadPatch(RequestBody):
    """A change of a thread's metadata, key by key."""

    metadata: Metadata = Field(default_factory=dict)


class ThreadSearch(RequestBody):
    """Which threads are wanted."""

    status: Literal["idle", "busy", "interrupted", "error"] | None = None
    metadata: MetadataSearch | None = None
    ids: list[str] | None = Field(default=None, max_length=MAX_LISTED)
    select: list[str] | None = None
    sort_by: str | None = None
    sort_order: Literal["asc", "desc"] | None = None
    limit: int = Field(default=10, ge=1, le=MAX_LISTED)
    offset: int = Field(default=0, ge=0, le=2**31)


class StateUpdate(RequestBody):
    """A change of a thread's state."""

    values: Update = None
    as_node: str | None = None
    checkpoint: CheckpointAt | None = None
    checkpoint_id: str | None = None


class StateAt(RequestBody):
    """The checkpoint whose state is wanted."""

    checkpoint: CheckpointAt = CheckpointAt()
    subgraphs: bool = False


class HistorySearch(RequestBody):
    """Which checkpoints are wanted."""

    limit: int = Field(default=10, ge=1, le=MAX_LISTED)
    before: str | JsonObject | None = None
    metadata: MetadataSearch | None = None
    checkpoint: CheckpointAt | None = None

    @property
    def before_config(self) -> RunnableConfig | None:
        """The config of the checkpoint before which the list starts.

        Raises:
            Refusal: `before` does not name a checkpoint (422).
        """
        if not self.before:
            return None
        checkpoint_id: object = self.before
        if isinstance(self.before, dict):
            place = self.before.get("configurable", self.before)
            checkpoint_id = place.get("checkpoint_id") if isinstance(place, dict) else None
        if not isinstance(checkpoint_id, str):
            raise Refusal(422, "before is a checkpoint, or the id of one")
        return {"configurable": {"checkpoint_id": checkpoint_id}}


def parse_body(kind: type[M], body: object) -> M:
    """Return a body as `kind`.

    Raises:
        Refusal: something in it is wrong (422).
    """
    try:
        return kind.model_validate({} if body is None else body)
    except ValidationError as error:
        raise Refusal(422, explain(error)[:2000]) from None


def as_uuid(text: str, what: str) -> str:
    """Return an id in its usual form.

    Raises:
        Refusal: it is not a UUID (422).
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise Refusal(422, f"invalid {what} id: must be a UUID") from None
