"""Metadata, risk and the parts of ours around the signals of an official file.

Contract: metadata only describes, so it is made to fit and told; risk is read as the official programs read it, with a
note where that may surprise; what a 1.0 file cannot say gets its neutral value, so that an export leads back here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.clock import KST
from domain.strategy import kis_words
from domain.strategy.kis_reading import Reading, as_number, as_text, plain

MAX_TAGS = 20
_STOPS = (("stop_loss", "손절"), ("take_profit", "익절"), ("trailing_stop", "추적 손절"))


def read_metadata(reading: Reading, data: Mapping[str, Any], strategy: Mapping[str, Any]) -> dict[str, Any]:
    """`metadata`, with the file's or the strategy's own words where it has none."""
    row = reading.mapping("metadata", data.get("metadata"))
    found: dict[str, Any] = {}
    for key, most in (("name", 80), ("description", 2000), ("author", 80)):
        said = as_text(row.get(key) or data.get(key) or strategy.get(key)).strip()
        if len(said) > most:
            reading.note(f"metadata.{key}", f"길어서 {most}자까지만 남겼어요.")
        found[key] = said[:most].strip()
    found["name"] = found["name"] or as_text(strategy.get("id"))[:80].strip() or "이름 없는 전략"
    tags = _tags(reading, row.get("tags", data.get("tags")))
    for key, value in row.items():
        if key in kis_words.METADATA_KEYS:
            continue
        if isinstance(value, Mapping | list | tuple) or len(as_text(value)) > 60:
            reading.note(f"metadata.{key}", "설명용 항목이라 읽지 않았어요.")
        else:
            tags.append(f"{key}={as_text(value)}")
            reading.note(f"metadata.{key}", "설명용 항목이라 태그로 남겼어요.")
    found["tags"] = tags[:MAX_TAGS]
    if len(tags) > MAX_TAGS:
        reading.note("metadata.tags", f"태그는 {MAX_TAGS}개까지만 남겼어요.")
    for key in ("created_at", "updated_at"):
        moment = _moment(row.get(key))
        if moment is not None:
            found[key] = moment.isoformat()
        elif row.get(key) not in (None, ""):
            reading.note(f"metadata.{key}", "시각을 읽을 수 없어 비워 두었어요.")
    return found


def _tags(reading: Reading, value: Any) -> list[str]:
    if isinstance(value, str):
        value = [part for part in value.split(",")]
    return [as_text(tag).strip() for tag in reading.rows("metadata.tags", value) if as_text(tag).strip()]


def _moment(value: Any) -> datetime | None:
    """A time; without a zone it is Korean time, as the official programs write it."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=KST)


def read_risk(reading: Reading, value: Any) -> dict[str, Any]:
    """`risk`: only `enabled: true` is a stop, and percent is a percent number."""
    row = reading.mapping("risk", value)
    reading.known_only("risk", "risk", row, kis_words.RISK_KEYS)
    found: dict[str, Any] = {}
    for key, label in _STOPS:
        stop = reading.mapping(f"risk.{key}", row.get(key))
        if stop:
            found[key] = _stop(reading, f"risk.{key}", label, stop)
    size = _fraction(row.get("max_position_size"))
    if size is not None and size == 0:
        reading.note("risk.max_position_size", "0은 KIS에서 제한 없음이에요. 1로 읽었어요.")
    elif size is not None:
        found["max_position_size"] = size
        if isinstance(size, Decimal) and size > 1:
            reading.refuse("risk.max_position_size", "계좌에 대한 비율이에요. 20%면 0.2로 써 주세요.")
            del found["max_position_size"]
    if row.get("time_stop") is not None:
        found["time_stop"] = row["time_stop"]
    return found


def _stop(reading: Reading, path: str, label: str, stop: Mapping[str, Any]) -> dict[str, Any]:
    reading.known_only("risk", path, stop, ("enabled", "percent"))
    said, on = stop.get("percent"), stop.get("enabled")
    percent = as_number(as_text(said).strip().removesuffix("%").strip()) if said is not None else None
    if on is None and said is not None:
        reading.note(path, f"enabled가 없어 꺼진 {label}로 읽었어요. KIS와 같아요. 쓰려면 enabled: true를 적어 주세요.")
    if isinstance(on, str) and on.strip().lower() in ("yes", "no", "on", "off"):
        on = on.strip().lower() in ("yes", "on")
    enabled = False if on is None else on
    found: dict[str, Any] = {"enabled": enabled}
    if said is not None and percent is None:
        reading.refuse(f"{path}.percent", "숫자를 넣어 주세요. 5%면 5로 써 주세요.")
    elif percent is not None and (enabled is not False or 0 < percent <= 100):
        found["percent"] = plain(percent)
        if enabled is not False and 0 < percent < Decimal("0.5"):
            large = plain(percent * 100)
            text = f"퍼센트 숫자라서 {plain(percent)}%로 읽었어요. {large}%라면 {large}로 써 주세요."
            reading.note(f"{path}.percent", text)
    elif enabled is True:
        reading.refuse(f"{path}.percent", f"{label} 폭이 없어요. 퍼센트 숫자를 넣어 주세요.")
    return found


def _fraction(value: Any) -> Any:
    """0.2, '0.2' or '20%'; anything else as it is, for the document's own check."""
    if value is None:
        return None
    text = as_text(value).strip()
    number = as_number(text.removesuffix("%").strip())
    if number is None:
        return value
    return number / 100 if text.endswith("%") else number


def neutral_sizing(max_position_size: Decimal) -> dict[str, Any]:
    """What a 1.0 file says about sizes: every name that signals, up to the largest position."""
    return {"method": "per_signal", "name_bps": max(1, int(max_position_size * 10_000))}
