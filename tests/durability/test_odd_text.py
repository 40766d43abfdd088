"""NUL and half characters, which PostgreSQL and files refuse, lose nothing that was paid."""

from __future__ import annotations

from steps import says

import tpo

ODD = "\0 and \ud83d"


async def test_an_answer_with_characters_that_no_database_takes_is_saved(saver):
    model = says(sample=lambda k: f"first {k}{ODD}")
    result = await tpo.aalign(
        f"Why?{ODD}",
        policy=model,
        reward=lambda query, answer: float(len(answer)),
        drafts=[f"mine{ODD}"],
        checkpointer=saver,
        thread_id="run",
        depth=0,
        width=2,
    )
    assert [c["text"] for c in result["candidates"]] == ["mine� and �", "first 0� and �"]
    assert result["answer"] == "first 0� and �"
    assert [m.text for m in result["messages"]] == ["Why?� and �", result["answer"]]
