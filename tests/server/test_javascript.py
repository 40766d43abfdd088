"""The JavaScript SDK and React's `useStream`, in Node, against the same server."""

from __future__ import annotations

import pytest
from javascript import JS, node

pytestmark = pytest.mark.loopback


@pytest.mark.parametrize("file", sorted(JS.glob("*.test.mjs")), ids=lambda path: path.name)
def test_it_passes(file, dev, slow, models, client):
    said = node("--test", "--test-reporter=tap", str(file), TPO_URL=dev.url, TPO_SLOW=slow)
    assert "\n# fail 0\n" in said, said
    assert "\n# pass 0\n" not in said
    assert "\n# skipped 0\n" in said
