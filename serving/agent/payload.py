"""What clients may ask of threads and runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from ...core.errors import InputError
from ...core.settings import explain
from ..refusal import Refusal
from .fits import messages_in
from .metadata import Metadata, Wanted

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
MOST_LISTED = 1000


def writable(written: Any) -> Any:
    """Return an input or an update that the state may be able to take.

    Raises:
        ValueError: it is not an object, or its messages are not messages: they would be saved.
    """
    if written is not None and not isinstance(written, dict):
        raise ValueError('give an object: {"messages": [...]}')
    try:
        messages_in(written)
    except InputError as error:
        raise ValueError(str(error)) from None
    return written


Written = Annotated[Any, BeforeValidator(writable)]


class Payload(BaseModel):
    """A JSON object; what this server does not know is ignored, as Agent Server does."""

    model_config = ConfigDict(extra="ignore")


class CheckpointAt(Payload):
    """A checkpoint of a thread."""

    checkpoint_id: str | None = None
    checkpoint_ns: str | None = None
    checkpoint_map: dict[str, Any] | None = None


class RunCommand(Payload):
    """How to go on with a paused run."""

    resume: Any = None
    update: Written = None
    goto: Any = None

    @field_validator("goto")
    @classmethod
    def _nowhere(cls, goto: Any) -> Any:
        if goto:
            raise ValueError("goto is not offered; fork with a state update `as_node` instead")
        return goto

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.resume is None and not self.update:
            raise ValueError("an empty command: give what to resume with, or an update")
        return self


class RunCreate(Payload):
    """A run to begin."""

    assistant_id: str
    input: Written = None
    command: RunCommand | None = None
    context: dict[str, Any] | None = None
    config: dict[str, Any] = Field(default_factory=dict)
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

    @field_validator("*", mode="before")
    @classmethod
    def _none_is_missing(cls, value: Any, info: Any) -> Any:
        if value is None:
            return cls.model_fields[info.field_name].get_default(call_default_factory=True)
        return value

    @property
    def place(self) -> str | None:
        """The checkpoint to go on from, if one is named."""
        return (self.checkpoint.checkpoint_id if self.checkpoint else None) or self.checkpoint_id

    @property
    def modes(self) -> list[str]:
        """The stream modes, each once."""
        given = [self.stream_mode] if isinstance(self.stream_mode, str) else self.stream_mode
        return list(dict.fromkeys(given))


class ThreadCreate(Payload):
    """A thread to make."""

    thread_id: UUID | None = None
    metadata: Metadata | None = None
    if_exists: Literal["raise", "do_nothing"] | None = None


class ThreadPatch(Payload):
    """What changes of a thread: its metadata, key by key."""

    metadata: Metadata = Field(default_factory=dict)


class ThreadSearch(Payload):
    """Which threads are wanted."""

    status: Literal["idle", "busy", "interrupted", "error"] | None = None
    metadata: Wanted | None = None
    ids: list[str] | None = Field(default=None, max_length=MOST_LISTED)
    select: list[str] | None = None
    sort_by: str | None = None
    sort_order: Literal["asc", "desc"] | None = None
    limit: int = Field(default=10, ge=1, le=MOST_LISTED)
    offset: int = Field(default=0, ge=0, le=2**31)


class StateUpdate(Payload):
    """A state edited by hand."""

    values: Any = None
    as_node: str | None = None
    checkpoint: CheckpointAt | None = None
    checkpoint_id: str | None = None


class StateAt(Payload):
    """The checkpoint whose state is wanted."""

    checkpoint: CheckpointAt = CheckpointAt()
    subgraphs: bool = False


class HistorySearch(Payload):
    """Which checkpoints are wanted."""

    limit: int = Field(default=10, ge=1, le=MOST_LISTED)
    before: str | dict[str, Any] | None = None
    metadata: Wanted | None = None
    checkpoint: CheckpointAt | None = None


def checked(kind: type[M], body: Any) -> M:
    """Return a body as `kind`.

    Raises:
        Refusal: what is wrong with it (422).
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
