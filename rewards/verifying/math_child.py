"""Compare mathematical expressions in a process of its own (run by `mathematics`).

An answer may hold an expression that no computer finishes (a tower of powers). A thread
cannot be stopped, a process can. It reads one JSON object from stdin, `{"expected": ...,
"answers": [...]}`, and prints a line per answer: `[1.0]`, `[0.0, what was read in it]`, or why
there is no verdict. Nothing that it prints holds the expected expression.
"""

import json
import logging
import os
import sys
from importlib import import_module


def printed_for(expected: str, answer: str) -> object:
    """Return the verdict on an answer, as it is printed."""
    from math_verify import parse, verify

    try:
        written = expected if "$" in expected or "\\boxed" in expected else f"${expected}$"
        gold = parse(written, parsing_timeout=None)  # pyright: ignore[reportArgumentType]
        if not gold:
            return "the expected expression cannot be read"
        found = parse(answer, parsing_timeout=None)  # pyright: ignore[reportArgumentType]
        if verify(gold, found, timeout_seconds=None):
            return [1.0]
        return [0.0, str(found[-1]) if found else ""]
    except Exception as error:  # noqa: BLE001  its text may hold what is expected
        return f"the expressions cannot be compared ({type(error).__name__})"


def main() -> None:
    """Read the task, print the verdicts one by one."""
    import_module("math_verify")  # if it cannot be imported, that is said

    logging.disable()  # it warns that its own time limits are off; ours is the parent
    task = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # a warning may hold what is expected
    for answer in task["answers"]:
        sys.stdout.write(json.dumps(printed_for(task["expected"], answer)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
