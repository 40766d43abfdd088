"""What of a value does not fit a JSON schema.

Run as a program it checks values in a process of its own, for schemas that may take for ever (a
pattern that backtracks, a schema that calls itself): that can be stopped. So it imports nothing
of ours. It reads `{"schema": ..., "values": [...], "seconds": ...}` from stdin and prints a line
for each value: a list of `[path, what is wrong]`, or `null` if its check took too long.

A check that takes long gives way: others on the machine, of other people, are not to wait for it.
"""

import json
import os
import re
import signal
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

SHOWN = 5  # violations that are told; one more is looked for
SPARE = 0.1  # seconds of a processor that a check may take before it gives way to all others
_GROUP = re.compile(r"\\.|(\((?:\?(?::|P<\w+>))?|\)|\[(?=.\])|(?<=\[.)\])", re.DOTALL)
_BLANKS = re.compile(r"\\[sb][*+?]?")  # around a text they leave nothing of it to choose
_LITERAL = re.compile(r"\^?(?:[\w\s,:;=/%@#!'\"<>&~-]|\\[^\w\s])*\$?")


def violations(schema: dict[str, object], value: object) -> list[list[str]]:
    """Return what of a value does not fit a schema: six places at most, each with what is wrong.

    Example:
        >>> violations({"properties": {"n": {"type": "integer"}}}, {"n": "1"})
        [['$.n', "'1' is not of type 'integer'"]]
    """
    try:
        found = islice(validator_of(schema).iter_errors(cast("Any", value)), SHOWN + 1)
        return [[error.json_path, said_of(error)] for error in found]
    except RecursionError:
        return [["$", "cannot be checked: the schema goes round in a circle"]]
    except Exception as error:  # noqa: BLE001  what a strange schema makes the library raise
        return [["$", f"cannot be checked: {type(error).__name__}"]]


def said_of(error: "ValidationError") -> str:
    """Return what is wrong with a value.

    What a schema allows as the only value may be the reference answer: that is never told.
    """
    only = isinstance(error.schema, dict) and fixes_value(error.schema)
    if only or error.validator == "not":  # its sentence would hold the schema that must not fit
        return "is not an allowed value"
    return str(error.message)[:2000]


def fixes_value(schema: dict[str, object]) -> bool:
    """Return whether a schema leaves one value to choose.

    Example:
        >>> fixes_value({"const": 42}), fixes_value({"enum": ["yes", "no"]})
        (True, False)
    """
    pattern, least, allowed = schema.get("pattern"), schema.get("minimum"), schema.get("enum")
    # Brackets around a text, or around one character, leave as little to choose.
    plain = _GROUP.sub(lambda found: "" if found[1] else found[0], _BLANKS.sub("", str(pattern)))
    return (
        "const" in schema
        or (isinstance(allowed, list) and len(allowed) == 1)
        or (least is not None and least == schema.get("maximum"))
        or (isinstance(pattern, str) and _LITERAL.fullmatch(plain) is not None)
    )


def validator_of(schema: dict[str, object]) -> "Validator":
    """Return what checks values against a schema, of the version that it names."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for
    from referencing import Registry

    kind = validator_for(schema, Draft202012Validator)
    made: Validator = kind(schema, registry=Registry())  # with none of its own it would fetch
    return made


class TooLongError(BaseException):
    """A check is over its time; not an `Exception`, so that nothing on the way takes it."""


def violations_within(
    seconds: float, schema: dict[str, object], value: object
) -> list[list[str]] | None:
    """Return what does not fit; `None` if to find it takes more of a processor than that."""
    try:
        set_clocks(SPARE, seconds)
        try:
            return violations(schema, value)
        finally:
            set_clocks(0, 0)
    except TooLongError:
        return None


def set_clocks(spare: float, seconds: float) -> None:
    """Give way after some seconds of a processor, and give up after more; 0 for never."""
    if hasattr(signal, "setitimer"):  # else the parent's patience is the only limit
        signal.setitimer(signal.ITIMER_VIRTUAL, spare)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def give_up(*_: object) -> None:
    """End the check."""
    raise TooLongError


def main() -> None:
    """Read the task, print what is wrong with each value."""
    task = json.load(sys.stdin)
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGVTALRM, lambda *_: os.nice(19))
        signal.signal(signal.SIGPROF, give_up)
    validator_of({})  # imported before time counts
    for value in task["values"]:
        found = violations_within(task["seconds"], task["schema"], value)
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
