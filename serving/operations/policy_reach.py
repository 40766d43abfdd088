"""Whether the policy's server can be reached: asked seldom, for nothing, and never for long."""

from __future__ import annotations

import asyncio
import time

import httpx

from ...models.policy import resolve_policy
from ...models.prices.public_table import offer_of

KEPT = 30.0  # seconds a result is used for
PATIENCE = 3.0  # seconds for one look
NOT_NOW = frozenset({502, 503, 504})  # a gateway's answers for a server that is not there


class PolicyReach:
    """Looks whether the server of a policy answers at all; no text is asked for.

    A policy without an address of its own (a model in this process, say) counts as reachable.

    Args:
        spec: The policy.
    """

    def __init__(self, spec: str) -> None:
        self.spec = spec
        self._until, self._problem = 0.0, ""
        self._one = asyncio.Lock()

    async def problem(self) -> str:
        """Return why it cannot be reached, or ""."""
        async with self._one:  # many probes at once look once
            if time.monotonic() >= self._until:
                self._problem = await self.found_now()
                self._until = time.monotonic() + KEPT
            return self._problem

    async def found_now(self) -> str:
        """Ask, and return why the policy cannot be reached, or ""."""
        try:
            address = offer_of((await resolve_policy(self.spec)).model).address
            if not address:
                return ""
            async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
                status = (await client.get(f"{address.rstrip('/')}/models")).status_code
        except TimeoutError:
            return f"no answer within {PATIENCE:g} s"
        except Exception as error:  # noqa: BLE001  whatever a client raises, it cannot be reached
            return type(error).__name__
        return f"status {status}" if status in NOT_NOW else ""
