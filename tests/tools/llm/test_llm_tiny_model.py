"""One more peer: a real, tiny model behind llama.cpp's OpenAI-compatible server. It knows no Korean and little else, so
only the protocol is tested: an answer under a schema, and a stream.

Left out of ordinary runs, because it needs a download of its own. To run it:

    tests/tools/llm/tiny/install
    ./quartz test -m tiny_model tests/tools/llm/test_llm_tiny_model.py
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from asked_models import PATIENT, asking_models
from langchain_core.messages import HumanMessage
from model_servers import Provider
from pydantic import BaseModel

from tools.llm import prompts
from tools.llm.calls import begin, settle, stream
from tools.llm.faults import Failed, Fault
from tools.llm.think import Task, think
from tools.llm.turn import this_turn

pytestmark = [pytest.mark.tiny_model, pytest.mark.timeout(300)]

LABEL = "openai:smollm2"
DEFAULT = Path(tempfile.gettempdir()) / "quartz-tiny-model"
SLOW = replace(PATIENT, answer_seconds=200, first_words_seconds=120, idle_seconds=60, write_seconds=200)


class Pick(BaseModel):
    goal: Literal["inform", "account"]
    sure: bool


TASK = Task(
    prompt="tiny",
    In=str,
    Out=str,
    rules=lambda text: "rules",
    Reply=Pick,
    variables=lambda text: {"text": text},
    merge=lambda text, ruled, reply: reply.goal,
)


@pytest.fixture(scope="module")
def peer() -> Iterator[Provider]:
    folder = Path(os.environ.get("QUARTZ_TINY_MODEL_VENV", DEFAULT))
    if not (folder / ".complete").exists():
        pytest.skip(f"expected a tiny model in {folder} (QUARTZ_TINY_MODEL_VENV, tiny/install), was absent")
    serve = Path(__file__).parent / "tiny" / "serve.py"
    with subprocess.Popen(
        [str(folder / "bin" / "python"), str(serve)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), "expected the server's address, was nothing"
        yield Provider(f"{address}/v1")
        process.stdin.close()
        process.wait(30)


async def test_a_real_model_fills_the_shape(peer: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a prompt of its own: Korean is a token a byte to this model."""
    (tmp_path / "tiny.md").write_text("Choose the goal of the user.\n\nText: {{text}}\n", "utf-8")
    monkeypatch.setattr(prompts, "FOLDER", tmp_path)
    async with asking_models((LABEL, peer), limits=SLOW) as asked:
        outcome = await think(TASK, "How is Samsung doing?")
        assert (outcome.by, outcome.model) == ("model", LABEL)
        assert outcome.value in ("inform", "account")
        assert asked.outcomes == ["ok"]
        assert asked.calls[0].input_tokens > 20
        assert asked.calls[0].output_tokens > 3
        assert not asked.calls[0].priced


async def test_a_real_model_streams_its_words_and_is_counted(peer: Provider) -> None:
    limits = replace(SLOW, answer_tokens=48)
    async with asking_models((LABEL, peer), limits=limits) as asked:
        mind, turn, messages = asked.mind, this_turn(), [HumanMessage("Tell me about the sea.")]
        receipt, fault, pieces = await begin(mind, mind.members[0], turn, "probe", 1, messages), None, []
        try:
            async for piece in stream(mind, mind.members[0], turn, receipt, messages):
                pieces.append(piece)
        except Failed as failed:
            fault = failed.fault
        await settle(mind, mind.members[0], turn, receipt, fault)
        assert len(pieces) > 5
        assert fault is None or fault == Fault("cut", "the answer was longer than allowed")
        assert 0 < asked.calls[0].output_tokens <= 48
