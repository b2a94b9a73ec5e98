"""The colours of the cards: every text on every ground it stands on is at least 4.5:1, in light and in dark."""

from __future__ import annotations

import json
import re

import pytest

from tools.settings import ROOT

CSS = ROOT / "ui" / "web" / "static" / "colours.css"
THEME = ROOT / "ui" / "public" / "theme.json"
TEXT, SHAPE = 4.5, 3.0
# (ink, ground): what the pages put on what.
WRITTEN = [
    *[(ink, ground) for ink in ("ink", "muted", "rise", "fall", "accent") for ground in ("surface", "quiet")],
    *[(ink, "ground") for ink in ("ink", "accent", "danger")],
    ("accent-ink", "accent"),
    ("danger-ink", "danger"),
    ("danger", "surface"),
    ("warn", "warn-ground"),
]
DRAWN = [("edge", "surface"), ("focus", "surface"), ("accent", "line")]


def variables(theme: str) -> dict[str, str]:
    both = re.findall(r"--quartz-([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", CSS.read_text())
    assert len(both) == CSS.read_text().count("light-dark("), "expected two plain colours a name, was other"
    return {name: {"light": light, "dark": dark}[theme] for name, light, dark in both}


def luminance(rgb: tuple[float, float, float]) -> float:
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def of_hex(text: str) -> tuple[float, float, float]:
    red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def of_hsl(text: str) -> tuple[float, float, float]:
    hue, saturation, lightness = (float(part.rstrip("%")) for part in text.split())
    s, l = saturation / 100, lightness / 100  # noqa: E741

    def channel(n: int) -> float:
        k = (n + hue / 30) % 12
        return l - s * min(l, 1 - l) * max(-1.0, min(k - 3, 9 - k, 1.0))

    return channel(0), channel(8), channel(4)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_of_cards_can_be_read(theme: str) -> None:
    known = variables(theme)
    poor = {
        f"{ink} on {ground}": round(ratio, 2)
        for pairs, least in ((WRITTEN, TEXT), (DRAWN, SHAPE))
        for ink, ground in pairs
        if (ratio := contrast(of_hex(known[ink]), of_hex(known[ground]))) < least
    }
    assert poor == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_of_the_page_around_them_can_be_read(theme: str) -> None:
    known = json.loads(THEME.read_text())["variables"][theme]
    pairs = [("foreground", "background"), ("muted-foreground", "background"), ("primary-foreground", "primary")]
    for ink, ground in pairs:
        assert contrast(of_hsl(known[f"--{ink}"]), of_hsl(known[f"--{ground}"])) >= TEXT, f"{theme}: {ink} on {ground}"


def test_rises_are_reddish_and_falls_bluish_in_both() -> None:
    for theme in ("light", "dark"):
        known = variables(theme)
        red, _, blue = of_hex(known["rise"])
        assert red > blue
        red, _, blue = of_hex(known["fall"])
        assert blue > red
