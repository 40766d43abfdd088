"""Reads a page of documentation: its tables and its snippets."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


class Page:
    """One Markdown file of docs/."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = (DOCS / name).read_text(encoding="utf-8")

    @property
    def snippets(self) -> list[str]:
        """The Python blocks, as they are."""
        return self.blocks("python")

    def blocks(self, language: str) -> list[str]:
        """The blocks in a language, as they are."""
        return re.findall(rf"^```{language}\n(.*?)^```", self.text, re.DOTALL | re.MULTILINE)

    def rows(self, heading: str) -> dict[str, list[str]]:
        """Return the first table under a heading: the cells by the word in the first one."""
        _, _, rest = self.text.partition(f"# {heading}\n")
        table = rest.partition("\n#")[0]
        lines = [line.strip("|").split("|") for line in table.splitlines() if line[:3] == "| `"]
        return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in lines}

    def run(self, snippet: str) -> None:
        """Execute a snippet as a script would."""
        exec(compile(snippet, f"docs/{self.name}", "exec"), {"__name__": "__main__"})
