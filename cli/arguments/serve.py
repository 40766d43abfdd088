"""`tpo serve`: what can be typed, and the help; kinds and texts come from its `Settings`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from ...serving.guard.access_settings import PREFIX
from ...serving.server_settings import MODELS, Settings
from .top_level import app

EXAMPLES = """\
Examples:

tpo serve -p openai:gpt-5-mini -r judge:openai:gpt-5-mini

tpo serve -p openai:qwen@http://localhost:9000/v1 --model fast=openai:small@http://localhost:9001/v1

TPO_SERVE_KEYS=$(openssl rand -hex 16) tpo serve --host 0.0.0.0 --allow-host tpo.example.org

tpo serve keys add ann   (a key of her own: threads that only she sees, limits, a role)

Then open the page at the address that is printed (http://127.0.0.1:8000/app/ and a token), point
an OpenAI client to http://127.0.0.1:8000/v1, or langgraph_sdk to http://127.0.0.1:8000; the token
is their API key. Every setting can also be an
environment variable, TPO_SERVE_NAME (lists are separated by commas). More in docs/serving.md.
"""
OFFER, WHO, LIMITS, PACE = "What is served", "Address and access", "Limits", "Waiting"
SEEN = "Logs and metrics"
# Setting: panel, how it is typed, kind, metavar.
OPTIONS: dict[str, tuple[str, tuple[str, ...], Any, str | None]] = {
    "policy": (OFFER, ("--policy", "-p"), str, "SPEC"),
    "reward": (OFFER, ("--reward", "-r"), str, "SPEC"),
    "critic": (OFFER, ("--critic",), str, "SPEC"),
    "models": (OFFER, ("--model",), list[str], "NAME=SPEC"),
    "any_spec": (OFFER, ("--any-spec/ ",), bool, " "),
    "allow_parameters": (OFFER, ("--allow-parameter",), list[str], "NAME"),
    "ignore_tools": (OFFER, ("--ignore-tools/ ",), bool, " "),
    "data": (OFFER, ("--data",), Path, "DIR"),
    "reports": (OFFER, ("--reports",), Path, "DIR"),
    "share_reports": (WHO, ("--share-reports/ ",), bool, " "),
    "host": (WHO, ("--host",), str, "ADDRESS"),
    "port": (WHO, ("--port",), int, "N"),
    "keys": (WHO, ("--key",), list[str], "KEY"),
    "token": (WHO, ("--token/--no-token",), bool, " "),
    "keys_file": (WHO, ("--keys-file",), Path, "FILE"),
    "trusted_header": (WHO, ("--trusted-header",), str, "NAME"),
    "trusted_proxies": (WHO, ("--trusted-proxy",), list[str], "ADDRESS"),
    "hosts": (WHO, ("--allow-host",), list[str], "NAME"),
    "origins": (WHO, ("--allow-origin",), list[str], "URL"),
    "studio": (WHO, ("--studio/ ",), bool, " "),
    "max_concurrent": (LIMITS, ("--max-concurrent",), int, "N"),
    "max_waiting": (LIMITS, ("--max-waiting",), int, "N"),
    "max_calls": (LIMITS, ("--max-calls",), int, "N"),
    "max_prompt_chars": (LIMITS, ("--max-prompt-chars",), int, "N"),
    "max_body_bytes": (LIMITS, ("--max-body-bytes",), int, "N"),
    "max_connections": (LIMITS, ("--max-connections",), int, "N"),
    "run_seconds": (LIMITS, ("--run-seconds",), float, "X"),
    "max_tokens": (LIMITS, ("--max-tokens",), int, "N"),
    "run_requests": (LIMITS, ("--run-requests",), int, "N"),
    "run_tokens": (LIMITS, ("--run-tokens",), int, "N"),
    "run_usd": (LIMITS, ("--run-usd",), float, "X"),
    "keep_days": (LIMITS, ("--keep-days",), float, "X"),
    "max_bytes": (LIMITS, ("--max-bytes",), int, "N"),
    "drain_seconds": (PACE, ("--drain-seconds",), float, "X"),
    "heartbeat_seconds": (PACE, ("--heartbeat-seconds",), float, "X"),
    "patience_seconds": (PACE, ("--patience-seconds",), float, "X"),
    "log_format": (SEEN, ("--log-format",), str, "FORM"),
    "log_level": (SEEN, ("--log-level",), str, "LEVEL"),
    "metrics_key": (SEEN, ("--metrics-key",), str, "KEY"),
    "reasoning_field": (PACE, ("--reasoning-field",), str, "NAME"),
}


def _parameter(name: str) -> inspect.Parameter:
    panel, flags, kind, metavar = OPTIONS[name]
    field = Settings.model_fields[name]
    default = field.get_default(call_default_factory=True)
    addition = f" [dim]Default: {default}.[/dim]" if default and kind is not bool else ""
    if name in MODELS:
        addition = f" [dim]Or {MODELS[name]}.[/dim]"
    if name == "keys":
        addition = f" May be repeated. Safer in {PREFIX}KEYS: no list of processes shows it."
    option: Any = typer.Option(
        *flags,
        help=(field.description or "") + addition,
        rich_help_panel=panel,
        metavar=metavar,
        show_default=False,
    )
    annotation: Any = Annotated[kind | None, option]
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


serve_app = typer.Typer(invoke_without_command=True, rich_markup_mode="rich")
app.add_typer(serve_app, name="serve", epilog=EXAMPLES)


@serve_app.callback()
def serve(context: typer.Context, **given: object) -> int:
    """Serve chat clients (OpenAI's protocol), a web page and langgraph_sdk from this machine.

    Threads are saved on disk. Ctrl-C lets runs reach a checkpoint; the next start continues them.
    """
    if context.invoked_subcommand:
        return 0
    from ..commands.serve import serve as work  # --help stays fast

    return work(given)


# Typer reads here what can be typed.
CONTEXT = inspect.Parameter(
    "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
)
serve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [CONTEXT, *(_parameter(name) for name in OPTIONS)]
)
