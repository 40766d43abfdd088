"""Our keys as the login of an engine: each person has threads that nobody else sees."""

from __future__ import annotations

from collections.abc import Mapping

from langgraph_sdk import Auth

from ...core.json_types import JsonObject
from ..error_responses import Refusal
from ..guard.api_keys import Keyring
from ..guard.callers import Caller

OPERATOR_IDENTITY = "(operator)"  # no name of a person has brackets
OWNER = "owner"  # in the metadata of a thread
WRITES = {"create", "create_run", "update"}
READS = {"read", "search"}


def identity_of(caller: Caller) -> str:
    """Return the name under which an engine knows a person."""
    return caller.name or OPERATOR_IDENTITY


def raw_headers(headers: Mapping[str, str] | Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI has them: aegra hands over text, the Agent Server bytes."""

    def raw(part: str | bytes) -> bytes:
        return part if isinstance(part, bytes) else part.encode("latin-1", "replace")

    return [(raw(name).lower(), raw(value)) for name, value in headers.items()]


def make_auth(keyring: Keyring) -> Auth:
    """Return the login of an engine; its configuration file names it as `auth.path`.

    A user sees threads made under the own name, an admin all of them as far as the engine lets
    anyone: aegra shows everyone the own ones only. All else, such as crons, the store
    and changes of assistants, is for admins.
    """
    auth = Auth()

    @auth.authenticate
    async def authenticate(headers: Mapping[str, str]) -> Auth.types.MinimalUserDict:
        try:
            caller = keyring.caller({"headers": raw_headers(headers)})
        except Refusal as refusal:
            raise Auth.exceptions.HTTPException(
                status_code=refusal.status_code, detail=refusal.detail, headers=refusal.headers
            ) from None
        return {"identity": identity_of(caller), "permissions": [caller.role]}

    auth.on(only_admins)
    auth.on.assistants(assistants_are_read)
    auth.on.threads(threads_are_their_owners)
    return auth


def is_admin(ctx: Auth.types.AuthContext) -> bool:
    """Return whether an admin asks, or the one who started the server."""
    return "admin" in ctx.permissions


async def only_admins(ctx: Auth.types.AuthContext, value: JsonObject) -> bool:
    """Allow admins everything that has no rule of its own."""
    return is_admin(ctx)


async def assistants_are_read(ctx: Auth.types.AuthContext, value: JsonObject) -> bool:
    """Allow everyone to see the graphs, and admins to change them."""
    return ctx.action in READS or is_admin(ctx)


async def threads_are_their_owners(
    ctx: Auth.types.AuthContext, value: JsonObject
) -> JsonObject | None:
    """Keep threads to their owners; the operator's have none."""
    own = {OWNER: ctx.user.identity}
    if ctx.user.identity != OPERATOR_IDENTITY and ctx.action in WRITES:
        changed = ctx.action != "update" or value.get("metadata") is not None
        if changed and not (is_admin(ctx) and ctx.action == "update"):
            value["metadata"] = {} if value.get("metadata") is None else value["metadata"]
            value["metadata"].update(own)  # in place: an engine may hold on to the same one
    return None if is_admin(ctx) else own
