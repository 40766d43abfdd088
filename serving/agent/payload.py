"""What clients may ask of threads and runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from ...core.errors import InputError
from ...core.settings import explain
from ..as_json import to_json
from ..refusal import Refusal
from .fits import messages_in

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
MOST_METADATA = 64_000  # bytes; every list of threads sends it
MOST_FILTERS = 100  # keys of a search


def small(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return metadata that is small enough to be listed.

    Raises:
        ValueError: it is too large.
    """
    size = len(to_json(metadata))
    if size > MOST_METADATA:
        raise ValueError(f"metadata holds {size} bytes; at most {MOST_METADATA} are taken")
    return metadata


def _few(wanted: dict[str, Any]) -> dict[str, Any]:
    if len(wanted) > MOST_FILTERS:
        raise ValueError(f"{len(wanted)} keys are searched for; at most {MOST_FILTERS} are taken")
    return small(wanted)


Metadata = Annotated[dict[str, Any], AfterValidator(small)]
Wanted = Annotated[dict[str, Any], AfterValidator(_few)]


def _with_messages(written: Any) -> Any:
    try:
        messages_in(written)  # wrong ones would be saved, and spoil the thread
    except InputError as error:
        raise ValueError(str(error)) from None
    return written


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
    update: Any = None
    goto: Any = None

    @field_validator("goto")
    @classmethod
    def _nowhere(cls, goto: Any) -> Any:
        if goto:
            raise ValueError("goto is not offered; fork with a state update `as_node` instead")
        return goto

    @field_validator("update")
    @classmethod
    def _is_an_update(cls, update: Any) -> Any:
        if update is not None and not isinstance(update, dict):
            raise ValueError('give an object: {"messages": [...]}')
        return _with_messages(update)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.resume is None and not self.update:
            raise ValueError("an empty command: give what to resume with, or an update")
        return self


class RunCreate(Payload):
    """A run to begin."""

    assistant_id: str
    input: Any = None
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

    @field_validator("input", mode="before")
    @classmethod
    def _input_is_an_object(cls, value: Any) -> Any:
        if value is not None and not isinstance(value, dict):
            raise ValueError('give an object: {"messages": [...]}')
        return _with_messages(value)

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
        Refusal: it is none (422).
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise Refusal(422, f"invalid {what} id: must be a UUID") from None
