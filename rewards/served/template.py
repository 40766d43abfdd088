"""A conversation and its answer as the text that a reward model was trained on.

For servers that take text only. They tokenize it with the special tokens their tokenizer
adds by itself, so those that the chat template writes at the very ends are left out: a
doubled BOS shifts scores (0.15 standard deviations measured on one model) and can change
ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Protocol

from ...core.errors import ConfigError, MissingDependencyError, evidence
from ...models.local.import_torch import Untyped
from ..chat import Chat
from ..chat_forms import rendered, special_tokens


class Template(Protocol):
    """Writes a chat as text; may block, for it may read files or fetch a tokenizer."""

    def render(self, chat: Chat) -> str:
        """Return the text."""
        ...

    def warning(self, chat: Chat) -> str:
        """Return what is not right about the text of this chat, or ""."""
        ...


def template_of(tokenizer: str | None, template: str | None) -> Template | None:
    """Return the template that the options of a reward name, if any.

    Args:
        tokenizer: A Hugging Face tokenizer with a chat template, by hub id or folder.
        template: A jinja file.

    Raises:
        ConfigError: both are given, or the file cannot be read.
    """
    if tokenizer and template:
        raise ConfigError("give tokenizer= or template=, not both: each says how to write a chat")
    if template:
        try:
            return FileTemplate(template, Path(template).expanduser().read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"the template {template} cannot be read: {evidence(error)}; "
                "give the path of a Jinja file"
            ) from None
    return TokenizerTemplate(tokenizer) if tokenizer else None


@dataclass(frozen=True)
class TokenizerTemplate:
    """The chat template of a Hugging Face tokenizer (extra `huggingface`).

    Args:
        name: A hub id or a folder.
    """

    name: str

    def render(self, chat: Chat) -> str:
        """Return the text without the tokens that tokenizing adds at its ends.

        Raises:
            MissingDependencyError: the extra is not installed.
            ConfigError: there is no such tokenizer, it has no chat template, or the
                template refuses the conversation.
        """
        first, last = self._added
        return self._whole(chat).removeprefix(first).removesuffix(last)

    def warning(self, chat: Chat) -> str:
        """Say when the server's tokens will not be those of the template."""
        wanted = self._tokenizer(self._whole(chat), add_special_tokens=False)["input_ids"]
        if self._tokenizer(self.render(chat))["input_ids"] == wanted:
            return ""
        return (
            f"the server's tokenizer adds tokens that the chat template of {self.name} does not "
            f"have ({''.join(self._added)}), so scores differ from the model's own"
        )

    def _whole(self, chat: Chat) -> str:
        tokenizer = self._tokenizer

        def render(form: Chat) -> str:
            return str(tokenizer.apply_chat_template(form, tokenize=False))

        try:
            return rendered(render, chat, special_tokens(tokenizer))
        except Exception as error:  # a template raises what it likes
            raise ConfigError(
                f"the chat template of {self.name} refuses the conversation: {evidence(error)}"
            ) from error

    @cached_property
    def _tokenizer(self) -> Untyped:
        try:
            transformers = import_module("transformers")
        except ImportError:
            raise MissingDependencyError(
                f"tokenizer={self.name} needs transformers: pip install 'tpo[huggingface]'"
            ) from None
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(self.name)
        except Exception as error:  # hub, files and formats fail their own way
            raise ConfigError(
                f"the tokenizer {self.name} could not be loaded: name a folder or an id of the "
                f"Hugging Face hub ({evidence(error)})"
            ) from error
        if not tokenizer.chat_template:
            raise ConfigError(f"the tokenizer {self.name} has no chat template: use template=FILE")
        return tokenizer

    @cached_property
    def _added(self) -> tuple[str, str]:
        """What tokenizing adds before and after a text."""
        tokenizer = self._tokenizer
        bare = tokenizer("x", add_special_tokens=False)["input_ids"]
        whole = tokenizer("x")["input_ids"]
        start = next(i for i in range(len(whole)) if whole[i : i + len(bare)] == bare)
        tokens = tokenizer.convert_ids_to_tokens(whole)
        return "".join(tokens[:start]), "".join(tokens[start + len(bare) :])


@dataclass(frozen=True)
class FileTemplate:
    """A jinja file in the manner of Hugging Face chat templates (package `jinja2`).

    It sees `messages`, with `role` and `content` each. Special tokens have to be written
    out, save those that the server's tokenizer adds at the ends: it knows no `bos_token`.

    Args:
        name: The file, for errors.
        text: What is in it.
    """

    name: str
    text: str

    def render(self, chat: Chat) -> str:
        """Return the text.

        Raises:
            MissingDependencyError: jinja2 is not installed.
            ConfigError: the template is malformed or refuses the conversation.
        """

        def render(form: Chat) -> str:
            return str(self._compiled.render(messages=form, add_generation_prompt=False))

        try:
            return rendered(render, chat)
        except MissingDependencyError:
            raise
        except Exception as error:  # a template raises what it likes
            raise ConfigError(
                f"the template {self.name} cannot write the conversation; it sees `messages` "
                f"only, so write special tokens out ({evidence(error)})"
            ) from error

    def warning(self, chat: Chat) -> str:
        """Nothing: the file knows no tokenizer to compare with."""
        return ""

    @cached_property
    def _compiled(self) -> Untyped:
        try:
            sandbox, jinja2 = import_module("jinja2.sandbox"), import_module("jinja2")
        except ImportError:
            raise MissingDependencyError(
                f"template={self.name} needs jinja2: pip install jinja2"
            ) from None
        environment = sandbox.ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
        )
        return environment.from_string(self.text)
