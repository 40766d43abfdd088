"""Formulas are set, by what is fetched with the first one; what is none stays as it was written."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from visitor import ask, findings, finished, shoot

pytestmark = pytest.mark.loopback
ON = ["serve"]
SET = r"""Let \(I = \int_{-\infty}^{\infty} e^{-x^2}\,dx\), then

\[
I^2 = \int_0^{2\pi}\!\int_0^\infty e^{-r^2}\, r \,dr\,d\theta = \pi ,
\]

so $I = \sqrt{\pi}$, the $n$th $\color{red}{x_n} \in \mathbb{R}$ and

$$
\begin{aligned}
(a+b)^2 &= a^2 + 2ab + b^2 \\
(a-b)^2 &= a^2 - 2ab + b^2 + \text{a remark that is wider than a narrow screen has room for}
\end{aligned}
$$
"""
HOSTILE = (
    r"\href{javascript:hacked=1}{x}",
    r"\url{javascript:hacked=2}",
    r"\htmlClass{card}{x} + \htmlId{query}{x}",
    r"\includegraphics{https://example.org/x.png}",
    r"\def\x{\x\x}\x",
    r"\frac{1}{",
    r"\nothing{x}",
)
TEXT = f"{SET}\n\nIt costs $5 and $10.\n\n{' and '.join(f'${tex}$' for tex in HOSTILE)}."
ELEMENTS = "all => all.flatMap(math => [math, ...math.querySelectorAll('*')])"


def test_formulas_are_set_and_do_no_harm(window, policy, site):
    page = window(color_scheme="light")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    ask(page, depth=0, width=1)
    finished(page)
    assert [url for url in asked if "joined" in url] == []  # no formula, nothing fetched
    policy.texts = [TEXT]
    page.get_by_role("button", name="New question", exact=True).click()
    ask(page, depth=0, width=1)
    finished(page)
    answer = page.locator(".answer .markdown")
    expect(answer.locator("math")).to_have_count(6)
    expect(answer.locator("math[display=block]")).to_have_count(2)
    expect(answer).to_contain_text("It costs $5 and $10.")
    for tex in HOSTILE:
        expect(answer.locator(".formula", has_text=f"${tex}$")).to_be_visible()
    math = answer.locator("math")
    spaces = math.evaluate_all(f"{ELEMENTS}.map(e => e.namespaceURI)")
    assert set(spaces) == {"http://www.w3.org/1998/Math/MathML"}
    named = math.evaluate_all(f"{ELEMENTS}.flatMap(e => e.getAttributeNames())")
    assert not [name for name in named if re.match("on|href|src|id", name)]
    assert len([url for url in asked if "joined" in url]) == 1
    assert [url for url in asked if not url.startswith(site.url)] == []
    for width in (400, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shoot(page, f"formulas-{width}-light")
    assert findings(page) == []
    card = page.locator(".card").first
    expect(card.locator("math").first).to_be_attached()
    page.get_by_role("button", name="As written").click()
    expect(card.locator(".text")).to_contain_text("$$")
