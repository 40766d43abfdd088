"""A policy worth looking at: answers, critiques and rewrites in prose, at a reading pace."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from loopback_server import LoopbackServer, message_text, shaped

VERY_SLOW = 0.5  # seconds before each piece of a text
QUESTION = "Explain to a ten-year-old why the sky is blue."
OPENINGS = (
    "Sunlight looks white, but it is all the colours of the rainbow travelling together.",
    "The sky is blue because of scattering.",
    "Imagine throwing a handful of marbles and a handful of sand at a row of pegs.",
    "Light from the sun is made of waves, some long and some short.",
    "Have you ever seen dust dance in a sunbeam? Air does something like that to light.",
    "Blue light is the shortest of the waves that you can see well, so it bounces most.",
)
BODIES = (
    "When it comes down to us, it bumps into the tiny bits of air. Red light is lazy and goes "
    "straight on, while blue light is lively and bounces in every direction.",
    "Rayleigh scattering is inversely proportional to the fourth power of the wavelength.",
    "The sand goes everywhere and the marbles roll on. Blue light is the sand: it reaches your "
    "eyes from all over, and so the whole sky looks blue.",
    "Air is made of very small pieces. They knock the short blue waves about, and the blue ends "
    "up all over the sky.",
)
ENDINGS = (
    "That is why, wherever you look up on a clear day, some blue is on its way to you.",
    "In the evening the light has a longer way to go, most of the blue is lost, and red is left.",
    "So the sky is not painted: it is sunlight, sorted.",
    "And",
)
LOSS = (
    "1. The chosen answer says what light does in words a child owns, bouncing and bumping, and it "
    "ends where the child stands: looking up.\n"
    "2. It never says why blue bounces more than red, so the reason is still missing; and one "
    "sentence carries two thoughts.\n"
    "3. The rejected answer reaches for a law and a fourth power, which a ten-year-old cannot use. "
    "It is shorter, which is its one merit."
)
GRADIENT = (
    "1. After the second sentence, say in one line that blue waves are the shortest, and short "
    "waves bounce most.\n"
    "2. Cut the sentence about air in two.\n"
    "3. Add one thing to try at home: a glass of water, a drop of milk, a torch.\n"
    "Keep the rainbow, and keep the last line as it is."
)
ADDED = (
    "Blue waves are the shortest, and the shortest bounce the most.",
    "You can try it: put a drop of milk in a glass of water and shine a torch through. From the "
    "side it looks blue, and the far end looks orange.",
)


def essay(number: int, added: int = 0) -> str:
    """Return the answer of a number; `added` of the gradient's wishes are met."""
    if not added:
        return " ".join([OPENINGS[number % 6], BODIES[number // 2 % 4], ENDINGS[number % 4]])
    parts = [OPENINGS[number % 6], BODIES[(0, 2)[number % 2]], *ADDED[:added], ENDINGS[number % 3]]
    return "\n\n".join([" ".join(parts[:2]), " ".join(parts[2:])])


def step_of(body: dict[str, Any]) -> str:
    """Return which step asks, as its prompt tells."""
    asked = message_text(body["messages"][-1])
    if "<improved_answer>" in asked:
        return "update"
    if "<chosen_answer>" in asked:
        return "gradient" if "<loss>" in asked else "loss"
    return "sample"


class Essayist(LoopbackServer):
    """Tells from the prompt which step is asked for; takes no `n`, so that answers are streamed."""

    def __init__(self, pace: float = 0.01, texts: list[str] | None = None, **options: Any) -> None:
        super().__init__(self._say, pace=pace, supports_n=False, **options)
        self.texts = texts  # said instead of the essays, in turn
        self.slow_step = ""  # whose text comes very slowly, so that a test can see it grow
        self._number, self._guard = itertools.count(), threading.Lock()

    def pace_of(self, body: dict[str, Any]) -> float:
        return VERY_SLOW if self.slow_step and step_of(body) == self.slow_step else self.pace

    def _say(self, body: dict[str, Any], _index: int) -> str:
        with self._guard:
            number = next(self._number)
        match step_of(body):
            case "update":
                return shaped(body, self._text(number, 1 + number % 2))
            case "gradient":
                return GRADIENT
            case "loss":
                return LOSS
            case _:
                return self._text(number, 0)

    def _text(self, number: int, added: int) -> str:
        return self.texts[number % len(self.texts)] if self.texts else essay(number, added)
