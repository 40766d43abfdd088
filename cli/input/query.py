"""The prompt: typed, piped, or a file of chat messages; texts that may be given as @FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from langchain_core.messages import AnyMessage, SystemMessage

from ...core.conversation import read_conversation, to_messages
from ...core.errors import InputError
from ...core.given_messages import as_meant
from ...core.strict_json import parse_json

STDIN = "-"


def read_query(prompt: str | None, system: str | None, messages: str | None) -> list[AnyMessage]:
    """Return the conversation to answer.

    Args:
        prompt: The prompt; `-` or `None` reads stdin.
        system: A system prompt, or `@FILE`.
        messages: A file with a JSON list of chat messages, instead of a prompt.

    Raises:
        InputError: nothing to answer, both or neither given, a file that cannot be read.
    """
    if messages is not None:
        if prompt is not None:
            raise InputError("give a prompt or --messages, not both")
        turns = to_messages(_read_json(messages))
    elif prompt is None and sys.stdin.isatty():
        raise InputError('there is no prompt: type tpo run "...", or pipe one in')
    elif prompt is None or prompt == STDIN:
        text = _read_stdin().strip("\n")
        refuse_rows(text)
        turns = to_messages(text)
    else:
        turns = to_messages(prompt)
    if system is not None:
        turns = [SystemMessage(text_or_file(system)), *turns]
    turns = as_meant(turns)
    read_conversation(turns)
    return turns


def refuse_rows(text: str) -> None:
    """Refuse a file of prompts, one object of JSON per line, in place of a prompt.

    Raises:
        InputError: it is one.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        rows = len(lines) > 1 and all(isinstance(parse_json(line), dict) for line in lines)
    except ValueError:
        return
    if rows:
        raise InputError(f"stdin holds {len(lines)} rows of JSON: was `tpo batch - -o DIR` meant?")


def text_or_file(given: str) -> str:
    """Return the text itself, or the content of the file that `@FILE` names.

    Raises:
        InputError: the file cannot be read, or there is no text.
    """
    text = _read_file(given[1:]) if given.startswith("@") else given
    if not text.strip():
        raise InputError(f"{given!r} is empty" if given else "an empty text was given")
    return text


def read_text(path: str) -> str:
    """Return a file's text; `-` is stdin.

    Raises:
        InputError: it cannot be read.
    """
    return _read_stdin() if path == STDIN else _read_file(path)


def _read_json(path: str) -> list[dict[str, str]]:
    text = read_text(path)
    try:
        turns = parse_json(text)
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    if isinstance(turns, dict) and isinstance(turns.get("messages"), list):
        turns = turns["messages"]  # a whole request body
    if not isinstance(turns, list):
        raise InputError(f"{path} must contain a JSON list of messages: [{{'role': 'user', ...}}]")
    return turns


def _read_stdin() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InputError(f"stdin is not text: {error.reason}") from None


def _read_file(path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: {error.reason}") from None
