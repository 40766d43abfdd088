"""What an agent's model reads about the tool that writes with care."""

from __future__ import annotations

NAME = "write_carefully"

DESCRIPTION = """\
Write a demanding text: an explanation, a letter, a plan, an analysis. Several versions are \
written, ranked and improved, and the best one is returned. This takes many times as long as \
writing it yourself, so use it only where quality matters. The writer sees nothing but what is \
passed here."""

TASK = """\
What to write, for whom and how long, with every fact and constraint it must respect. The \
conversation is not seen, so say all that is needed."""

DRAFT = """\
A version that exists already, if there is one. It competes with the new ones, and is returned \
if none is better."""

CRITERIA = "What a good text has here beyond the task, if anything: tone, structure, what to avoid."


def assignment(task: str, criteria: str = "") -> str:
    """Return what is asked of the policy.

    Example:
        >>> print(assignment("Write a haiku.", "No season."))
        Write a haiku.
        <BLANKLINE>
        What makes it good: No season.
    """
    wanted = criteria.strip()
    return f"{task.strip()}\n\nWhat makes it good: {wanted}" if wanted else task.strip()
