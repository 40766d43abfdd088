"""Who asks: a person with a name and a role, or the one who started the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:  # `tpo serve keys` needs no server
    from starlette.requests import Request
    from starlette.types import Scope

Role = Literal["user", "admin"]
PLACE = "tpo.caller"  # in the scope of a request
NAME = r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}"  # of a person: it stands in files, lines and headers


class KeyLimits(BaseModel):
    """What one person may use; 0 means no limit. A day begins at midnight UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_concurrent: int = Field(default=0, ge=0, description="Runs at the same time.")
    max_requests_per_day: int = Field(default=0, ge=0, description="Requests to models a day.")
    max_tokens_per_day: int = Field(default=0, ge=0, description="Tokens a day, in and out.")
    max_usd_per_day: float = Field(
        default=0, ge=0, description="Dollars a day; every model needs a known price."
    )


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        name: Of the person, and the owner of the threads made; "" is the one who started the
            server, to whom the threads without an owner belong.
        role: A user sees only threads made under this name, an admin sees all.
        limits: Of this person.
    """

    name: str
    role: Role = "user"
    limits: KeyLimits = field(default_factory=KeyLimits)

    @property
    def sees(self) -> str | None:
        """The owner whose threads are seen; `None` for everyone's."""
        return None if self.role == "admin" else self.name


OPERATOR = Caller("", "admin")


def set_caller(scope: Scope, caller: Caller) -> None:
    """Remember who asks, for the routes behind the check of keys."""
    scope[PLACE] = caller


def caller_of(request: Request) -> Caller:
    """Return who asks.

    Raises:
        KeyError: the route has no check of keys in front of it, so it must not answer.
    """
    caller: Caller = request.scope[PLACE]
    return caller
