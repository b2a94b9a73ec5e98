"""`quartz strategy` on files: what it prints, what it writes, and how it refuses: in Korean, with status 1."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from domain.strategy.presets import OFFICIAL, preset_draft
from domain.strategy.reading import read_strategy
from domain.strategy.spec import parse_spec
from ui.commands.strategy import main

KIS = """version: 1.0
metadata: {name: 예시, owner_note: 친구}
strategy:
  id: x
  indicators: [{id: rsi, alias: r}]
  entry: [{indicator: r, operator: lt, value: "30"}]
  exit: [{indicator: r, operator: gt, value: 70}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "mine.kis.yaml"
    found.write_text(KIS, encoding="utf-8")
    return found


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert all(line.endswith(("요.", ")")) for line in err.splitlines()), err
    return err


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


def test_a_file_of_either_kind_is_checked_and_shown(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    spec = read_strategy(KIS).spec
    assert spec.content_hash() in printed(capsys, "validate", str(file))
    main(["validate", str(file)])
    assert "알림 metadata.owner_note" in capsys.readouterr().err
    ours = file.with_name("ours.yaml")  # the name says nothing, the content does
    ours.write_text(json.dumps(spec.to_json()), encoding="utf-8")
    assert spec.content_hash() in printed(capsys, "validate", str(ours))
    shown = printed(capsys, "show", str(ours))
    assert "아직 정하지 않음" in shown
    assert "RSI가 30보다 작을 때" in shown


def test_import_writes_ours_and_binds_names(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    spec = parse_spec(json.loads(printed(capsys, "import", str(file), "--tickers", "005930,000660")))
    assert spec.universe.tickers == ("005930", "000660")
    assert spec.sizing.name_bps == 5_000
    out = file.with_name("out.json")
    assert printed(capsys, "import", str(file), "--out", str(out)) == ""
    assert read_strategy(out.read_text(encoding="utf-8")).format == "json"


def test_standard_input_is_a_file_as_well(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(KIS))
    assert "올바른 전략" in printed(capsys, "validate", "-")


def test_a_draft_is_not_saved_without_names(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    assert "--tickers" in refused(capsys, "import", str(file), "--user", "민수")


def test_export_of_a_file_refuses_what_cannot_be_said_until_told_to_leave_it_out(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    bound_file = file.with_name("bound.json")
    main(["import", str(file), "--tickers", "005930", "--out", str(bound_file)])
    capsys.readouterr()
    err = refused(capsys, "export", str(bound_file), "--format", "kis")
    assert "universe: " in err
    assert "--without universe를" in err
    text = printed(capsys, "export", str(bound_file), "--format", "kis", "--without", "universe")
    assert read_strategy(text).format == "kis"
    assert read_strategy(text).spec.content_hash() == read_strategy(KIS).spec.content_hash()


def test_diff_tells_what_changed_and_that_nothing_did(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    other = file.with_name("other.kis.yaml")
    other.write_text(KIS.replace('"30"', "25"), encoding="utf-8")
    assert "30보다 작을 때'에서" in printed(capsys, "diff", str(file), str(other))
    (change,) = json.loads(printed(capsys, "diff", str(file), str(other), "--json"))
    assert set(change) == {"path", "before", "after", "text"}
    assert printed(capsys, "diff", str(file), str(file)) == "두 전략은 같아요.\n"


def test_presets_are_listed_and_given_as_files(capsys: pytest.CaptureFixture[str]) -> None:
    listed = printed(capsys, "presets")
    assert all(f"{preset} (KIS 10종)" in listed for preset in OFFICIAL)
    text = printed(capsys, "presets", "momentum", "--format", "kis")
    assert read_strategy(text).spec.content_hash() == preset_draft("momentum").content_hash()
    assert "golden_cross" in refused(capsys, "presets", "cash_parking")


def test_the_schema_describes_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(printed(capsys, "schema"))
    bare = [
        f"{name}.{field}"
        for name, part in {"StrategySpec": schema, **schema["$defs"]}.items()
        for field, said in part.get("properties", {}).items()
        if not said.get("description")
    ]
    assert bare == []
    assert all(part.get("description") for name, part in schema["$defs"].items()), "every part says what it is"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "전략 파일이 아니에요"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[1, 2]", "전략 파일이 아니에요"),
        (b'{"schema_version": "1.0", "metadata": {"name": NaN}}', "숫자"),
        (b'{"schema_version": "9"}', "schema_version"),
        (
            b"strategy: {id: x, entry: [{indicator: ghost, operator: gt, value: 1}]}",
            "strategy.entry.conditions[0].indicator",
        ),
        (b"x" * 300_000, "너무 커요"),
        (b"[" * 100_000, "너무 깊이"),
        (b'{"a":' * 50_000, "깊이"),
    ],
    ids=["empty", "no text", "a list", "nan", "schema", "a ghost", "large", "deep", "deep json"],
)
def test_a_bad_file_is_refused_with_place_and_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, said: str
) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(content)
    for action in ("validate", "show", "import"):
        assert said in refused(capsys, action, str(bad))


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "gone.json: 파일을 찾을 수 없어요" in refused(capsys, "validate", str(tmp_path / "gone.json"))
    assert "폴더예요" in refused(capsys, "validate", str(tmp_path))


def test_many_problems_are_cut_with_their_number(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"id": f"no_{n}", "alias": f"a{n}"} for n in range(40)]
    content = preset_draft("momentum").to_json()
    content["strategy"]["indicators"] = rows
    content["strategy"]["params"] = {f"p{n}": {"default": 2, "max": 1} for n in range(40)}
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(content), encoding="utf-8")
    assert "개가 더 있어요" in refused(capsys, "validate", str(bad)).splitlines()[-1]
