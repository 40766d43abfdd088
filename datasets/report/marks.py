"""How arms are told apart: each has a shape, a colour and a dash, so that any one will do."""

from __future__ import annotations

COLOURS = 6  # as many as assets/plots.css has
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 4")


def arm_class(place: int) -> str:
    """Return the class that colours an arm.

    Args:
        place: Of the arm among the arms, from 0.
    """
    return f"arm-{place % COLOURS}"


def mark(place: int, x: float, y: float, size: float = 5.0) -> str:
    """Return the shape of an arm, as SVG.

    Args:
        place: Of the arm among the arms, from 0.
        x: Of its middle.
        y: Of its middle.
        size: Half its width.
    """
    outline = OUTLINES[(place + place // COLOURS) % COLOURS]
    points = " ".join(f"{x + dx * size:.1f},{y + dy * size:.1f}" for dx, dy in outline)
    if not outline:
        return f'<circle class="{arm_class(place)}" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"/>'
    return f'<polygon class="{arm_class(place)}" points="{points}"/>'


CROSS = [(1, 0.35), (0.35, 0.35), (0.35, 1)]
OUTLINES: tuple[list[tuple[float, float]], ...] = (
    [],  # a circle
    [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    [(0, -1.15), (1.1, 0.85), (-1.1, 0.85)],
    [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    [
        *CROSS,
        *((-x, y) for x, y in reversed(CROSS)),
        *((-x, -y) for x, y in CROSS),
        *((x, -y) for x, y in reversed(CROSS)),
    ],
    [(0, 1.15), (1.1, -0.85), (-1.1, -0.85)],
)


def key(place: int) -> str:
    """Return the shape of an arm as a small picture beside its name."""
    return f'<svg class="key" viewBox="-7 -7 14 14" aria-hidden="true">{mark(place, 0, 0)}</svg>'
