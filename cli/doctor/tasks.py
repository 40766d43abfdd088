"""Short tasks whose answers a program can check, for the moves that `tpo doctor` tries."""

from __future__ import annotations

import re

from .task import Task, cat, lines, mentions, three_likes, without, words

TASKS = (
    Task(
        "a list",
        "What do I take along for a day at the beach? Write exactly four bullet points, each on a "
        "line of its own that begins with '* '. Use no commas at all. After the list, end with "
        "these very words: Have a sunny day!",
        (
            (
                "exactly four lines begin with '* '",
                lambda text: sum(line.startswith("* ") for line in lines(text)) == 4,
            ),
            ("no commas", without(",")),
            (
                "the last words are: Have a sunny day!",
                lambda text: text.strip().endswith("Have a sunny day!"),
            ),
        ),
    ),
    Task(
        "small letters",
        "Why do trees lose their leaves in autumn? Answer in small letters only, without one "
        "capital letter. Use at most 30 words. Do not use the word 'leaves'.",
        (
            ("small letters only", lambda text: text == text.lower()),
            ("at most 30 words", lambda text: 5 <= len(words(text)) <= 30),
            ("the word 'leaves' does not occur", without("leaves")),
        ),
    ),
    Task(
        "JSON",
        "Invent a cat. Reply with one JSON object and nothing around it, not even a code fence. It "
        "has exactly the keys name, age and likes; likes is a list of exactly three texts.",
        (
            (
                "the whole reply is one JSON object, without a code fence",
                lambda text: bool(cat(text)),
            ),
            (
                "the object has exactly the keys name, age and likes",
                lambda text: set(cat(text)) == {"name", "age", "likes"},
            ),
            ("likes is a list of exactly three texts", three_likes),
        ),
    ),
    Task(
        "a count",
        "Invite a friend to a birthday party, in exactly 12 words. The word 'Saturday' must occur, "
        "and the word 'party' must not.",
        (
            ("exactly 12 words", lambda text: len(words(text)) == 12),
            ("the word 'Saturday' occurs", lambda text: "saturday" in text.casefold()),
            ("the word 'party' does not occur", without("party", "parties")),
        ),
    ),
    Task(
        "short lines",
        "How do I fall asleep more easily? Write exactly five lines, numbered from 1. to 5., with "
        "at most six words after each number. The words 'sleep' and 'bed' must not occur.",
        (
            (
                "exactly five lines, numbered from 1. to 5.",
                lambda text: [line[:2] for line in lines(text)] == [f"{n}." for n in range(1, 6)],
            ),
            (
                "at most six words after each number",
                lambda text: all(len(words(re.sub(r"^\d+\.", "", t))) <= 6 for t in lines(text)),
            ),
            ("neither 'sleep' nor 'bed' occurs", without("sleep", "bed")),
        ),
    ),
    Task(
        "a note",
        "Thank a neighbour who watered the plants, in at most 50 words and two paragraphs with a "
        "line of just three asterisks, ***, between them. Use the word 'garden' exactly twice and "
        "no exclamation mark.",
        (
            (
                "two paragraphs with a line of just *** between them",
                lambda text: (
                    len([p for p in re.split(r"(?m)^\s*\*\*\*\s*$", text) if words(p)]) == 2
                ),
            ),
            ("the word 'garden' occurs exactly twice", mentions("garden", 2)),
            (
                "at most 50 words, and no exclamation mark",
                lambda text: len(words(text)) <= 50 and "!" not in text,
            ),
        ),
    ),
)
