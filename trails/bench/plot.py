"""
The figures as a picture: one SVG, drawn by hand, that needs nothing to be looked at but a browser.
"""

from collections.abc import Iterator
from html import escape
from typing import Any

from .replaying import TRACKS

LEFT, TOP, HEIGHT, GAP = 56, 64, 150, 96  # pixels: the margin, the head, a panel, the space below one
BAR, BETWEEN = 13, 16  # pixels: the width of a bar, the space between two groups
COLOURS = ("#1b7f5c", "#9aa5b1", "#cfd6dd", "#7d8794")  # ours first
INK, LINES = "#20262d", "#e3e7eb"
METRIC = "MRR@10"
ALL = "mean of all"

Bar = tuple[str, float, tuple[float, float] | None]
"""A system, how high its bar is, in [0, 1], and its interval where there is one."""


def draw(figures: dict[str, Any]) -> str:
    """The mean reciprocal rank of each system: a panel a track, a group a repository, the mean with its interval."""
    panels = {track: _groups(figures, track) for track in figures["means"]}
    systems = list(dict.fromkeys(name for groups in panels.values() for _, bars in groups for name, _, _ in bars))
    widest = max((len(groups) for groups in panels.values()), default=1)
    width = max(560, 2 * LEFT + widest * (len(systems) * BAR + BETWEEN))
    height = TOP + len(panels) * (HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="11" fill="{INK}">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="24" font-size="14" font-weight="600">Where to look, asked before each commit: '
        f"{METRIC}</text>",
        *_legend(systems),
    ]
    for row, (track, groups) in enumerate(panels.items()):
        parts += _panel(track, groups, systems, top=TOP + row * (HEIGHT + GAP), width=width)
    return "\n".join([*parts, "</svg>", ""])


def _groups(figures: dict[str, Any], track: str) -> list[tuple[str, list[Bar]]]:
    groups: list[tuple[str, list[Bar]]] = []
    for one in figures["repositories"]:
        if track in one["scores"]:
            bars: list[Bar] = [(name, found[METRIC], None) for name, found in one["scores"][track].items()]
            groups.append((one["name"], bars))
    means: list[Bar] = [
        (name, found[METRIC]["mean"], (found[METRIC]["low"], found[METRIC]["high"]))
        for name, found in figures["means"][track].items()
    ]
    return [*groups, (ALL, means)] if len(figures["repositories"]) > 1 else [(groups[0][0], means)]


def _legend(systems: list[str]) -> Iterator[str]:
    x = LEFT
    for number, name in enumerate(systems):
        yield f'<rect x="{x}" y="36" width="10" height="10" fill="{_colour(number)}"/>'
        yield f'<text x="{x + 15}" y="45">{escape(name)}</text>'
        x += 40 + 7 * len(name)


def _panel(
    track: str, groups: list[tuple[str, list[Bar]]], systems: list[str], *, top: int, width: int
) -> Iterator[str]:
    yield f'<text x="{LEFT}" y="{top + 12}" font-weight="600">asked {escape(TRACKS[track])}</text>'
    floor = top + 20 + HEIGHT
    for tenths in range(0, 11, 2):
        y = floor - HEIGHT * tenths / 10
        yield f'<line x1="{LEFT}" x2="{width - LEFT // 2}" y1="{y:g}" y2="{y:g}" stroke="{LINES}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:g}" text-anchor="end">{tenths / 10:.1f}</text>'
    pitch = (width - LEFT - LEFT // 2) // len(groups)
    x = LEFT + (pitch - len(systems) * BAR) // 2
    for name, bars in groups:
        for system, value, spread in bars:
            at = x + systems.index(system) * BAR
            yield from _bar(at, floor, value, spread, f"{name}, {system}: {value:.3f}", systems.index(system))
        middle = x + len(systems) * BAR / 2
        weight = ' font-weight="600"' if name == ALL else ""
        yield (
            f'<text transform="translate({middle:g} {floor + 14}) rotate(-28)" text-anchor="end"{weight}>'
            f"{escape(_short(name))}</text>"
        )
        x += pitch


def _bar(
    x: int, floor: int, value: float, spread: tuple[float, float] | None, words: str, number: int
) -> Iterator[str]:
    high = HEIGHT * value
    yield (
        f'<rect x="{x}" y="{floor - high:.1f}" width="{BAR - 2}" height="{high:.1f}" fill="{_colour(number)}">'
        f"<title>{escape(words)}</title></rect>"
    )
    if spread:
        middle = x + (BAR - 2) / 2
        low, top = (floor - HEIGHT * end for end in spread)
        yield f'<line x1="{middle:g}" x2="{middle:g}" y1="{low:.1f}" y2="{top:.1f}" stroke="{INK}" stroke-width="1.5"/>'


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _short(name: str) -> str:
    return name if len(name) <= 18 else name[:17] + "…"
