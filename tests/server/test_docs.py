"""The snippets of docs/ that talk to a server run, and docs/studio.md tells the truth."""

from __future__ import annotations

import gc

import pytest
from doc_page import Page

import tpo

pytestmark = pytest.mark.loopback

ADDRESS = "http://127.0.0.1:2024"
PAGES = [Page(f"{name}.md") for name in ("events", "streaming", "deployed", "studio")]
SNIPPETS = [(page, s) for page in PAGES for s in page.snippets if ADDRESS in s]


@pytest.mark.parametrize(
    ("page", "snippet"), SNIPPETS, ids=[f"{p.name}-{i}" for i, (p, _) in enumerate(SNIPPETS)]
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_snippets_run(page, snippet, dev, models, capsys):
    models.forget()
    page.run(snippet.replace(ADDRESS, dev.url))
    gc.collect()
    said = capsys.readouterr().out
    assert models.asked
    assert any(text in said for text in models.texts), said


def test_every_snippet_is_tried():
    assert len(SNIPPETS) == 8


def test_the_variables_are_told():
    told = PAGES[-1].rows("Which models")
    assert set(told) == {"TPO_POLICY", "TPO_CRITIC", "TPO_REWARD", "TPO_POLICY_API_KEY"}
    assert tpo.Context().policy in told["TPO_POLICY"][1]
    assert tpo.Context().reward in told["TPO_REWARD"][1]
