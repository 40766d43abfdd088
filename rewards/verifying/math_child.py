"""Compare mathematical expressions in a process of its own (run by `mathematics`).

An answer may hold an expression that no computer finishes (a tower of powers). A thread
cannot be stopped, a process can. It reads one JSON object from stdin, `{"expected": ...,
"answers": [...]}`, and prints a line per answer: 1.0, 0.0, or why there is none.
"""

import json
import logging
import sys


def main() -> None:
    """Read the task, print the verdicts one by one."""
    from math_verify import parse, verify

    logging.disable()  # it warns that its own time limits are off; ours is the parent
    task = json.load(sys.stdin)
    expected = task["expected"]
    gold = parse(expected if "$" in expected or "\\boxed" in expected else f"${expected}$",
                 parsing_timeout=None)  # pyright: ignore[reportArgumentType]  # fmt: skip
    for answer in task["answers"]:
        said: object = f"the expected expression {expected!r} cannot be read"
        if gold:
            found = parse(answer, parsing_timeout=None)  # pyright: ignore[reportArgumentType]
            said = float(bool(verify(gold, found, timeout_seconds=None)))
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
