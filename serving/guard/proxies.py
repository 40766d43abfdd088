"""Proxies in front of the server, known by the address of the connection itself."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from starlette.types import Scope

THIS_MACHINE = ("127.0.0.0/8", "::1/128")


class Proxies:
    """Knows a proxy by its connection, never by an address that a header names.

    Args:
        addresses: Addresses or networks of proxies; none: this machine.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        self.networks = [ip_network(address) for address in addresses or THIS_MACHINE]

    def sent(self, scope: Scope) -> bool:
        """Return whether the connection comes from a proxy."""
        try:
            peer = ip_address((scope.get("client") or [""])[0].partition("%")[0])
        except ValueError:
            return False  # a socket file, or a test
        peer = getattr(peer, "ipv4_mapped", None) or peer
        return any(peer in network for network in self.networks)
