"""Behind a proxy that ends TLS: its word on the scheme counts, and nobody else's."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tpo.serving.guard.forwarded_scheme import ForwardedScheme
from tpo.serving.guard.proxies import Proxies

HEADER = "x-forwarded-proto"


async def redirected_to(peer: str, proxies: tuple[str, ...], *sent: str) -> str:
    """Return where a request without the last slash of its route is sent to."""
    app = Starlette(
        routes=[Route("/place/", lambda _request: PlainTextResponse("here"))],
        middleware=[Middleware(ForwardedScheme, proxies=Proxies(proxies))],
    )
    transport = httpx.ASGITransport(app, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://tpo.example.org") as client:
        response = await client.get("/place", headers=[(HEADER, value) for value in sent])
    return response.headers["location"].partition(":")[0]


@pytest.mark.parametrize(
    ("peer", "proxies", "scheme"),
    [
        ("127.0.0.1", (), "https"),
        ("10.0.0.7", ("10.0.0.0/24",), "https"),
        ("10.0.0.7", (), "http"),
        ("127.0.0.1", ("10.0.0.7",), "http"),
        ("", (), "http"),
    ],
)
async def test_a_trusted_proxy_says_how_addresses_begin(peer, proxies, scheme):
    assert await redirected_to(peer, proxies, "https") == scheme


@pytest.mark.parametrize(
    "sent", [(), ("",), ("javascript",), ("https, http",), ("https", "http"), ("https://evil",)]
)
async def test_anything_else_than_one_scheme_is_ignored(sent):
    assert await redirected_to("127.0.0.1", (), *sent) == "http"


@pytest.mark.loopback
def test_redirects_of_the_server_begin_as_the_proxy_says(http):
    response = http.get("/threads/search/", headers={HEADER: "https"})
    assert response.status_code == 307
    assert response.headers["location"].startswith("https://")
    assert http.get("/threads/search/").headers["location"].startswith("http://")
