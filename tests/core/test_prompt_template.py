"""Prompts: placeholders, quoting, clipping."""

from __future__ import annotations

import random
import re

import pytest

from tpo.core.errors import PromptError
from tpo.core.prompt_template import DELIMITERS, Prompt, clip, count_tokens, quote, unquote

MARKER = re.compile(r"\n\[… about (\d+) tokens left out …\]\n")
CJK = "偏好优化在测试时进行。" * 60
TEXTS = {
    "prose": "The quick brown fox jumps over the lazy dog. " * 50,
    "cjk": CJK,
    "emoji": "👩🏽‍🚀🚀" * 200,
    "giant word": "x" * 3000,
    "blanks": " \n\t" * 1000,
    "digits": "3141592653" * 100,
    "mixed": "a1 b2\n\nc — 你好, wörld; " * 60,
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{a}", r"the prompt lacks \{b\}; it may use \{a\}, \{b\}, \{c\}"),
        ("none", r"the prompt lacks \{a\}, \{b\}; it may use"),
        ("{a} {b} {d}", r"nothing fills \{d\} in the prompt; it may use \{a\}, \{b\}, \{c\}"),
    ],
)
def test_wrong_placeholders_are_named(text, said):
    with pytest.raises(PromptError, match=said):
        Prompt(text, required=("a", "b"), optional=("c",))
    with pytest.raises(PromptError, match=said):
        Prompt("{a} {b}", required=("a", "b"), optional=("c",)).replace(text)


def test_a_prompt_without_placeholders_says_so():
    with pytest.raises(PromptError, match="it may use no placeholder"):
        Prompt("Hello {name}")


def test_filling_is_a_single_pass_so_braces_in_values_mean_nothing():
    prompt = Prompt('{a}|{b}|{"json": 1}|{}|{ a }', required=("a", "b"))
    values = {"a": "{b} {0} {query} %s \\1 \\g<0>", "b": "{a}"}
    assert prompt.fill(values) == '{b} {0} {query} %s \\1 \\g<0>|{a}|{"json": 1}|{}|{ a }'


@pytest.mark.parametrize("name", DELIMITERS)
@pytest.mark.parametrize(
    "form", ["<{}>", "</{}>", "< / {}>", "<{} >", "<{}\n>", "<{} a='1'>", "<{}/>"]
)
def test_our_delimiters_are_blunted_and_restored(name, form):
    for word in (name, name.upper(), name.title()):
        text = f"before {form.format(word)} after"
        assert "<" not in quote(text)
        assert unquote(quote(text)) == text
        assert quote(quote(text)) == quote(text)


@pytest.mark.parametrize(
    "text", ["<b>bold</b>", "<query_string>", "a < b > c", "<lossless>", "<p>"]
)
def test_other_tags_are_left_alone(text):
    assert quote(text) == unquote(text) == text


def test_a_tag_cannot_be_assembled_by_quoting():
    assert "<query" not in quote("<<query>query>")
    assert "</query" not in quote("</</query>query>")


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("tokens", [2, 3, 32, 100, 10**6])
def test_clip_keeps_head_and_tail_and_says_what_it_left_out(kind, tokens):
    text = TEXTS[kind]
    shown = clip(text, tokens)
    if count_tokens(text) <= tokens:
        assert shown == text
        return
    marks = MARKER.findall(shown)
    assert len(marks) == 1
    head, _, tail = MARKER.split(shown)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert count_tokens(head) + count_tokens(tail) == pytest.approx(tokens, abs=1)
    assert count_tokens(text) - int(marks[0]) == tokens
    assert len(head) + len(tail) < len(text)


@pytest.mark.parametrize("seed", range(20))
def test_clip_of_random_texts_is_never_longer_than_text_and_marker(seed):
    chance = random.Random(seed)
    text = "".join(chance.choices("ab 1\n好é🚀<", k=chance.randint(0, 400)))
    shown = clip(text, chance.randint(2, 200))
    assert len(MARKER.sub("", shown, count=1)) <= len(text)
    assert len(shown) <= len(text) + len("\n[… about 999 tokens left out …]\n")


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        ("The quick brown fox jumps over the lazy dog.", 9, 13),
        ("你好世界", 3, 6),
        ("internationalisation", 3, 5),
        (" " * 1000, 20, 1000),  # a run of blanks is not one token
    ],
)
def test_tokens_are_about_what_tokenizers_count(text, least, most):
    assert least <= count_tokens(text) <= most
