"""A comparison as one HTML file that asks nobody for anything."""

from __future__ import annotations

import json
import math
from html import escape
from string import Template

from ...core.replies.reply import well_formed
from ..compare.comparison import Comparison
from .bundle import ASSETS, bundled_script, bundled_style, content_hash, icon_address
from .categories import first_pair, wins_by_category
from .intervals import difference_intervals
from .markup import html_plot, html_table
from .plots import report_plots
from .tables import about_comparison, report_tables

# What could end the script that holds the record, or begin a comment there.
_UNSAFE = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def report_html(comparison: Comparison) -> str:
    """Return a comparison as a page: one file, which loads nothing and sends nothing.

    The verdict, the tables and the plots need no script. The queries are a table to sort and
    to filter; each opens to its answers, side by side. The record itself is inside, as JSON.

    Args:
        comparison: What was found.

    Returns:
        The HTML. Its content security policy allows its own script and style, and no
        connection; texts of rows, arms and models are never markup.

    Example:
        >>> Path("report.html").write_text(report_html(comparison))  # doctest: +SKIP
    """
    style, script = bundled_style(), bundled_script()
    template = Template((ASSETS / "report.html").read_text(encoding="utf-8"))
    page = template.substitute(
        page_parts(comparison),
        style=style,
        script=script,
        style_hash=content_hash(style),
        script_hash=content_hash(script),
        icon=icon_address(),
        record=json_inside_html({**comparison, "first_pair": first_pair(comparison)}),
    )
    return well_formed(page)


def page_parts(comparison: Comparison) -> dict[str, str]:
    """Return the parts of the page that are written without a script."""
    first, *more = comparison["sentences"] or ["Nothing was compared."]
    names = [arm["name"] for arm in comparison["arms"]]
    arms, *others = [
        html_table(table, keys=table.title == "Arms") for table in report_tables(comparison)
    ] or [""]
    plots = "".join(html_plot(plot, names) for plot in report_plots(comparison))
    return {
        "title": escape(comparison["title"]),
        "about": escape(about_comparison(comparison)),
        "first": escape(first),
        "more": "".join(f"<li>{escape(sentence)}</li>" for sentence in more),
        "command": command_in_html(comparison["recommended"]),
        "arms": arms,
        "plots": plots + difference_intervals(comparison) + wins_by_category(comparison),
        "tables": "".join(others),
        "settings": escape(json.dumps(comparison["metadata"], indent=2, ensure_ascii=False)),
    }


def command_in_html(line: str) -> str:
    """Return the command to run next as HTML; "" if there is none."""
    if not line.strip():
        return ""
    return f'<p class="eyebrow">Run next</p><pre class="command" tabindex="0">{escape(line)}</pre>'


def json_inside_html(record: object) -> str:
    """Return a record as JSON that no text in it can break out of."""
    return json.dumps(finite(record), ensure_ascii=False, separators=(",", ":")).translate(_UNSAFE)


def finite(value: object) -> object:
    """Return a record in which what is not a number is null, as JSON wants."""
    if isinstance(value, dict):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
