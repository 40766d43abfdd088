"""Rows in: the files and columns that people have; and what is wrong with one, in one sentence."""

from __future__ import annotations

import io
import json
import os
import threading
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

import tpo
from tpo.datasets.rows.json_rows import json_list
from tpo.datasets.rows.row_file import rows_of


def file(tmp_path: Path, content: str | bytes, name: str = "rows.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


USER = {"role": "user", "content": "Why?"}


@pytest.mark.parametrize(
    ("columns", "messages"),
    [
        ({"prompt": "Why?"}, [USER]),
        ({"prompt": [USER], "chosen": []}, [USER]),
        ({"messages": [USER]}, [USER]),
        ({"question": "Why?", "answer": "42"}, [USER]),
        ({"input": "Why?", "target": "42"}, [USER]),
        ({"instruction": "Why?", "input": ""}, [USER]),
        ({"instruction": "Sum up:", "input": "A text."},
         [{"role": "user", "content": "Sum up:\n\nA text."}]),
        ({"turns": ["Why?", "And then?"]}, [USER]),
        ({"prompt": "Why?", "system": "Be brief."},
         [{"role": "system", "content": "Be brief."}, USER]),
        ({"prompt": "Why?", "system": None}, [USER]),
    ],
)  # fmt: skip
def test_the_columns_that_people_have(columns, messages):
    (row,) = rows_of([columns])
    assert row.messages == messages
    assert row.input == columns


@pytest.mark.parametrize("name", ["id", "key", "uid", "question_id"])
def test_the_id_is_where_people_have_it(name):
    assert [row.id for row in rows_of([{name: 7, "prompt": "Why?"}])] == ["7"]


def test_without_an_id_the_row_itself_gives_one_and_a_copy_another():
    first, copy, other = (row.id for row in rows_of(["Why?", "Why?", "How?"]))
    assert copy == f"{first}-2"
    assert other != first


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.jsonl", '{"id": "a", "prompt": "Why?"}\n\n{"id": "b", "prompt": "How é?"}'),
        (
            "rows.jsonl",
            '\ufeff{"id": "a", "prompt": "Why?"}\r\n{"id": "b", "prompt": "How é?"}\r\n',
        ),
        ("rows.jsonl", '\ufeff\n{"id": "a", "prompt": "Why?"}\n{"id": "b", "prompt": "How é?"}'),
        ("rows.json", '[\n{"id": "a", "prompt": "Why?"},\n {"id": "b", "prompt": "How é?"}]\n'),
        ("rows.json", '{"id": "a", "prompt": "Why?"}\n{"id": "b", "prompt": "How é?"}\n'),
        ("rows.csv", "id,prompt\na,Why?\nb,How é?\n"),
        ("rows.tsv", "id\tprompt\na\tWhy?\nb\tHow é?\n"),
        ("rows", '[{"id": "a", "prompt": "Why?"}, {"id": "b", "prompt": "How é?"}]'),
        ("rows", "id,prompt\na,Why?\nb,How é?\n"),
    ],
)
def test_the_files_that_people_have(tmp_path, name, content):
    rows = rows_of(file(tmp_path, content, name)).checked()
    assert [(row.id, row.messages[0]["content"]) for row in rows] == [
        ("a", "Why?"),
        ("b", "How é?"),
    ]
    assert rows.count == 2


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"prompt": ["Why?", "How?"]}), tmp_path / "rows.parquet")
    rows = rows_of(tmp_path / "rows.parquet").checked()
    assert [row.messages[0]["content"] for row in rows] == ["Why?", "How?"]


def test_what_a_table_has_no_value_for_is_null_in_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"prompt": ["Why?", "How?"], "level": [float("nan"), 2.0]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "rows.parquet")
    rows = rows_of(tmp_path / "rows.parquet").checked()
    assert [row.input["level"] for row in rows] == [None, 2.0]
    twice = pyarrow.Table.from_arrays([pyarrow.array(["Why?"])] * 2, ["prompt", "prompt"])
    parquet.write_table(twice, tmp_path / "twice.parquet")
    with pytest.raises(tpo.InputError, match='the column "prompt" is there twice'):
        rows_of(tmp_path / "twice.parquet").checked()


def test_parquet_without_pyarrow_says_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(tpo.MissingDependencyError, match="pip install pyarrow"):
        rows_of(file(tmp_path, b"PAR1", "rows.parquet")).checked()


def test_stdin_and_pipes_are_read_twice(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(lines({"prompt": "Why?"})))
    with closing(rows_of("-").checked()) as rows:
        assert [row.messages for row in rows] == [row.messages for row in rows] == [[USER]]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=pipe.write_text, args=(lines({"prompt": "Why?"}),))
    writing.start()
    with closing(rows_of(pipe)) as rows:
        assert rows.checked().count == 1
    writing.join()


GOOD = lines(*[{"prompt": f"Why {i}?"} for i in range(6)])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            GOOD + '{"prompt": "Why',
            r"line 7: not JSON: Unterminated string starting at \(character 12\)",
        ),
        (GOOD + '{"text": "Why?"}', 'line 7: the column "prompt" is missing'),
        (GOOD + '{"prompt": null}', 'line 7: the column "prompt" is missing'),
        (GOOD + '{"prompt": ["Why?"]}', 'line 7: "prompt" is a list, and a text in the first row'),
        (GOOD + '{"prompt": 7}', 'line 7: "prompt" is a number, and a text in the first row'),
        (GOOD + '{"prompt": " "}', "line 7: the prompt is empty"),
        (GOOD + "[1, 2]", "line 7: the column"),
        (GOOD + "7", "line 7: a row is a number"),
        (GOOD.encode() + b'{"prompt": "\xff"}', "line 7: not UTF-8 text"),
        (GOOD + '{"prompt": "x", "prompt": "y"}', 'line 7: not JSON: "prompt" is there twice'),
        (
            GOOD + '{"prompt": "x", "more": [{"a": 1, "a": 2}]}',
            'line 7: not JSON: "a" is there',
        ),
        (GOOD + '{"prompt": NaN}', "line 7: not JSON: NaN is not a JSON number"),
        ("", "has no rows"),
        ("\n\n", "has no rows"),
        (
            '{"text": "Why?", "n": 1}\n',
            r"line 1: no column holds a prompt: call it messages, .* or input \(the columns: te",
        ),
        ('{"id": 1, "prompt": null}\n', 'line 1: "prompt" is empty: say what to answer'),
        (GOOD + '{"prompt": "x"\n', r"line 7: not JSON: Expecting ',' delimiter \(character 15"),
        ('{"prompt": 7}\n', 'line 1: "prompt" is a number: give a text'),
        ('{"messages": []}\n', "line 1: there are no messages in it"),
        ('{"messages": [{"role": "user"}]}\n', "line 1: this is not a list of chat messages"),
        ('{"messages": [{"role": "assistant", "content": "x"}]}\n', "line 1: there is no human"),
        (
            lines({"id": "a", "prompt": "x"}, {"id": "a", "prompt": "y"}),
            "line 2: the id 'a' is the",
        ),
        (lines({"id": "a", "prompt": "x"}, {"prompt": "y"}), 'line 2: "id" is nothing'),
        (lines({"id": 1.5, "prompt": "x"}), 'line 1: "id" is a number: give each row a text or'),
        (lines({"id": "a\nb", "prompt": "x"}), 'line 1: "id" is longer than 200 characters, or'),
        ('[{"prompt": "x"},\n{"prompt": }]', "line 2: not JSON: Expecting value"),
        ('[{"prompt": "x"},\n{"prompt": "y", "prompt": "z"}]', 'line 2: not JSON: "prompt" is th'),
        ('[{"prompt": "x"},\n', "line 2: the list has no end"),
        ('[{"prompt": "x"}]\n[{"prompt": "y"}]', "line 2: more follows the end of the list"),
        (
            lines({"system": "Be brief.", "messages": [{"role": "system", "content": "x"}, USER]}),
            "line 1: there are two system prompts",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_the_line(tmp_path, content, said):
    path = file(tmp_path, content)
    if content[:1] == "[":
        path = path.rename(tmp_path / "rows.json")
    with pytest.raises(tpo.InputError, match=f"{path.name}[, ].*{said}") as raised:
        rows_of(path).checked()
    assert "\n" not in str(raised.value)


def test_csv_with_conversations(tmp_path):
    chat = json.dumps([{"role": "system", "content": "Be brief."}, USER]).replace('"', '""')
    (row,) = rows_of(file(tmp_path, f'id,messages\na,"{chat}"\n', "rows.csv"))
    assert row.messages == [{"role": "system", "content": "Be brief."}, USER]
    (row,) = rows_of(file(tmp_path, 'id,turns\na,"[""Why?"", ""And then?""]"\n', "rows.csv"))
    assert (row.messages, [m["content"] for m in row.further]) == ([USER], ["And then?"])
    with pytest.raises(tpo.InputError, match="line 2: the list in messages is not JSON"):
        rows_of(file(tmp_path, "id,messages\na,[Why?\n", "rows.csv")).checked()


def test_csv_that_does_not_fit_its_columns(tmp_path):
    with pytest.raises(tpo.InputError, match="line 3: more values than columns"):
        rows_of(file(tmp_path, "id,prompt\na,Why?\nb,How?,x\n", "rows.csv")).checked()
    with pytest.raises(tpo.InputError, match='line 3: the column "prompt" is missing'):
        rows_of(file(tmp_path, "id,prompt\na,Why?\nb\n", "rows.csv")).checked()
    with pytest.raises(tpo.InputError, match="line 3: a quote is not closed"):
        rows_of(file(tmp_path, 'id,prompt\na,Why?\nb,"How\n', "rows.csv")).checked()
    with pytest.raises(tpo.InputError, match='line 1: the column "prompt" is there twice'):
        rows_of(file(tmp_path, "id,prompt,prompt\na,Why?,How?\n", "rows.csv")).checked()
    with pytest.raises(tpo.InputError, match="not UTF-8"):
        rows_of(file(tmp_path, b"id,prompt\na,\xff?\n", "rows.csv")).checked()


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(tpo.InputError, match=r"none\.jsonl cannot be read: No such file"):
        rows_of(tmp_path / "none.jsonl")
    with pytest.raises(tpo.InputError, match="cannot be read: Is a directory"):
        rows_of(tmp_path)


def test_half_a_character_and_nul_become_the_sign_for_a_broken_one(tmp_path):
    (row,) = rows_of(file(tmp_path, '{"prompt": "a\\ud83d\\u0000"}\n'))
    assert row.messages[0]["content"] == "a\ufffd\ufffd"


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json"])
def test_a_large_file_is_never_held_in_memory(tmp_path, name):
    row = json.dumps({"prompt": "Why? " * 400})
    rows = [row] * 6000  # 12 MB
    text = "\n".join(rows) if name == "rows.jsonl" else f"[{','.join(rows)}]"
    path = file(tmp_path, text, name)
    del text, rows
    tracemalloc.start()
    assert sum(1 for _ in rows_of(path).numbered()) == 6000
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 6_000_000


def test_a_row_of_a_list_may_be_longer_than_a_piece_that_is_read():
    long = {"prompt": "é" * 3_000_000}
    text = json.dumps([long, {"prompt": "Why?"}], ensure_ascii=False).encode()
    assert [row for _, row in json_list(io.BytesIO(text))] == [long, {"prompt": "Why?"}]
