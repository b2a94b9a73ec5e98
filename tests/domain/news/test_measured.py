"""Moods and names measured on real headlines labelled by hand, without knowing what the rules say.

`labels.csv` holds no headline: a row is known by the hash of its text. Two passes labelled all of them, the second in
another order and without sight of the first; `label` and `tickers` are what stood after their differences were looked
at. Rows of the part `held` were not looked at while the rules were written.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from domain.news.listing import Listing
from domain.news.master import read_csv
from domain.news.matching import Matcher
from domain.news.moods import mood_of
from domain.news.text import headline_key
from tools.news.listings import load_listing

LABELS = list(csv.DictReader((Path(__file__).parent / "labels.csv").read_text("utf-8").splitlines()))


@cache
def _titles(shared: Path) -> dict[str, str]:
    with (shared / "data/text/headlines_unlabelled.csv").open(encoding="utf-8-sig") as lines:
        return {headline_key(row["key_title"]): row["key_title"] for row in csv.DictReader(lines)}


@cache
def _listing(shared: Path) -> Listing:
    text = (shared / "data/master/kis_master_20260724_parsed.csv").read_text("utf-8-sig")
    return read_csv(text, "2026-07-24")


def kappa(one: Sequence[str], two: Sequence[str]) -> float:
    """Cohen's kappa: agreement beyond chance."""
    count = len(one)
    agreed = sum(a == b for a, b in zip(one, two, strict=True)) / count
    first, second = Counter(one), Counter(two)
    chance = sum(first[label] * second[label] for label in first) / count**2
    return (agreed - chance) / (1 - chance)


def test_two_passes_agree_on_at_least_three_hundred_headlines() -> None:
    assert len(LABELS) >= 300
    assert len({row["key"] for row in LABELS}) == len(LABELS)
    assert kappa([row["pass_a"] for row in LABELS], [row["pass_b"] for row in LABELS]) >= 0.8
    same = sum(row["tickers_a"] == row["tickers_b"] for row in LABELS) / len(LABELS)
    assert same >= 0.95


@pytest.mark.parametrize("part", ["tune", "held"])
def test_mood_is_right_in_three_of_four_headlines(part: str, shared_dir: Path) -> None:
    titles = _titles(shared_dir)
    rows = [row for row in LABELS if row["part"] == part]
    right = sum(mood_of(titles[row["key"]]).mood == row["label"] for row in rows)
    assert right / len(rows) >= 0.75, f"{right} of {len(rows)}"


@pytest.mark.parametrize("names", ["the broker's master", "the bundled list"])
@pytest.mark.parametrize("part", ["tune", "held"])
def test_names_are_found_and_nearly_none_is_wrong(part: str, names: str, shared_dir: Path, tmp_path: Path) -> None:
    listing = _listing(shared_dir) if names == "the broker's master" else load_listing(tmp_path)
    titles, matcher = _titles(shared_dir), Matcher(listing)
    right = wrong = missed = 0
    for row in LABELS:
        if row["part"] == part:
            wanted = set(row["tickers"].split())
            found = {each.code for each in matcher.match(titles[row["key"]])}
            right, wrong, missed = (
                right + len(wanted & found),
                wrong + len(found - wanted),
                missed + len(wanted - found),
            )
    assert right / (right + wrong) >= 0.97, f"{right} right, {wrong} wrong"
    assert right / (right + missed) >= 0.90, f"{right} right, {missed} missed"
