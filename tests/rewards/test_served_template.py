"""How a conversation is written for servers that take text."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from reward_servers import BOS, SglangServer
from served_cases import HISTORY, ONE_TURN, CharTokenizer, chat_text, install_tokenizer

from tpo.core.errors import ConfigError, MissingDependencyError
from tpo.rewards.chat import chat_of
from tpo.rewards.served.sglang import SglangReward
from tpo.rewards.served.template import template_of


def test_a_chat_has_roles_texts_and_tool_calls_only():
    call = {"name": "look", "args": {"at": "sky"}, "id": "1"}
    messages = [
        HumanMessage("Look", name="Bo", id="7"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("blue", tool_call_id="1"),
    ]
    chat = chat_of(messages, "Blue.")
    assert chat[0] == {"role": "user", "content": "Look"}
    assert chat[1]["tool_calls"][0]["function"]["name"] == "look"
    assert chat[2] == {"role": "tool", "content": "blue", "tool_call_id": "1"}
    assert chat[3] == {"role": "assistant", "content": "Blue."}
    assert chat_of(HISTORY, "x")[2] == {"role": "assistant", "content": "Hi!"}


def test_the_tokens_that_the_server_adds_are_left_out(monkeypatch):
    install_tokenizer(monkeypatch)
    template = template_of("chars", None)
    assert template.render(chat_of(HISTORY, "x")) == chat_text(HISTORY, "x")
    assert template.warning(chat_of(HISTORY, "x")) == ""


def test_a_tokenizer_that_adds_none_gets_the_whole_text(monkeypatch):
    class Bare(CharTokenizer):
        def __call__(self, text, add_special_tokens=True):
            return super().__call__(text, add_special_tokens=False)

    install_tokenizer(monkeypatch, Bare)
    template = template_of("chars", None)
    assert template.render(chat_of(ONE_TURN, "x")) == BOS + chat_text(ONE_TURN, "x")
    assert template.warning(chat_of(ONE_TURN, "x")) == ""


def test_tokens_at_the_end_are_left_out_too(monkeypatch):
    class Enclosing(CharTokenizer):
        suffix = "$"

        def apply_chat_template(self, chat, tokenize):
            return super().apply_chat_template(chat, tokenize) + "$"

    install_tokenizer(monkeypatch, Enclosing)
    template = template_of("chars", None)
    assert template.render(chat_of(ONE_TURN, "x$")) == chat_text(ONE_TURN, "x$")
    assert template.warning(chat_of(ONE_TURN, "x$")) == ""


async def test_an_end_token_that_the_template_lacks_is_warned_of(monkeypatch):
    class Ending(CharTokenizer):
        suffix = "$"

    install_tokenizer(monkeypatch, Ending)
    template = template_of("chars", None)
    assert template.render(chat_of(ONE_TURN, "x")) == chat_text(ONE_TURN, "x")
    assert "adds tokens" in template.warning(chat_of(ONE_TURN, "x"))
    assert "<s>$" in template.warning(chat_of(ONE_TURN, "x"))


@pytest.mark.loopback
async def test_the_warning_is_part_of_the_probe(monkeypatch):
    class Ending(CharTokenizer):
        suffix = "$"

    install_tokenizer(monkeypatch, Ending)
    with SglangServer(lambda text: len(text) - 130.5) as server:
        said = await SglangReward(server.url, tokenizer="chars").probe()
    assert "adds tokens" in said


@pytest.mark.loopback
async def test_the_tokenizer_is_loaded_once_and_only_when_needed(monkeypatch):
    loads = []

    class Counting(CharTokenizer):
        def __init__(self):
            loads.append(1)

    with SglangServer() as server:
        reward = SglangReward(server.url, tokenizer="chars")
        install_tokenizer(monkeypatch, Counting)
        assert loads == []
        for _ in range(3):
            await reward.score(ONE_TURN, ["a", "b"])
    assert loads == [1]


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'tpo\[huggingface\]'"):
        template_of("chars", None).render(chat_of(ONE_TURN, "x"))


def test_what_cannot_be_loaded_is_a_sentence(monkeypatch):
    install_tokenizer(monkeypatch)
    with pytest.raises(ConfigError, match=r"tokenizer missing could not be loaded.*not a local"):
        template_of("missing", None).render(chat_of(ONE_TURN, "x"))

    class Base(CharTokenizer):
        chat_template = None

    install_tokenizer(monkeypatch, Base)
    with pytest.raises(ConfigError, match="has no chat template: use template=FILE"):
        template_of("chars", None).render(chat_of(ONE_TURN, "x"))

    class Picky(CharTokenizer):
        def apply_chat_template(self, chat, tokenize):
            raise ValueError("System role not supported")

    install_tokenizer(monkeypatch, Picky)
    with pytest.raises(ConfigError, match=r"refuses the conversation: .*System role"):
        template_of("chars", None).render(chat_of(HISTORY, "x"))


FILE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</>{% endfor %}"


def test_a_jinja_file_writes_the_text(tmp_path):
    pytest.importorskip("jinja2")
    path = tmp_path / "chat.jinja"
    path.write_text(FILE, encoding="utf-8")
    assert template_of(None, str(path)).render(chat_of(HISTORY, "x")) == chat_text(HISTORY, "x")


@pytest.mark.parametrize(
    "text", ["{{ bos_token }}", "{% for %}", "{{ ''.__class__.__mro__ }}", "{{ 1 / 0 }}"]
)
def test_a_bad_jinja_file_is_a_sentence(tmp_path, text):
    pytest.importorskip("jinja2")
    path = tmp_path / "chat.jinja"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="write special tokens out"):
        template_of(None, str(path)).render(chat_of(ONE_TURN, "x"))


def test_without_jinja_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jinja2.sandbox", None)
    path = tmp_path / "chat.jinja"
    path.write_text(FILE, encoding="utf-8")
    with pytest.raises(MissingDependencyError, match="pip install jinja2"):
        template_of(None, str(path)).render(chat_of(ONE_TURN, "x"))


def test_a_missing_file_is_refused_when_built(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        template_of(None, str(tmp_path / "none.jinja"))
