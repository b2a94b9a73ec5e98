"""What leaves the machine and what is written down: keys nowhere, private numbers not at all, other programs' settings
unread, and nothing traced."""

from __future__ import annotations

import io
import logging
import traceback

import pytest
import structlog
from asked_models import GOOD, KEY, TASK, asking_models, told
from model_servers import Body, Refuse, Say, google_server, openai_server
from pydantic import SecretStr

from tools.llm.chain import read_chain
from tools.llm.faults import Failed
from tools.llm.prompts import COVERED, covered
from tools.llm.think import badge, think
from tools.llm.turn import this_turn
from tools.llm.write import write
from tools.settings import Settings, SettingsError

SERVERS = {"openai:gpt-4o-mini": openai_server, "google_genai:gemini-2.5-flash": google_server}


@pytest.mark.parametrize("label", list(SERVERS))
async def test_a_key_appears_in_no_log_outcome_badge_or_repr(label: str, caplog: pytest.LogCaptureFixture) -> None:
    """The servers repeat the key in their error bodies."""
    lines = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(lines))
    shown: list[str] = []
    with caplog.at_level(logging.DEBUG):
        async with SERVERS[label]() as server, asking_models((label, server)) as asked:
            steps = [Refuse(status) for status in (400, 500, 429, 401)]
            for step in [Say(GOOD), Body("{"), *steps]:
                asked.mind.members[0].rest.clear()
                server.script[:] = [step, step]
                shown += [repr(await think(TASK, "안녕")), badge().text]
                asked.mind.members[0].rest.clear()
                server.script[:] = [step]
                words = await write("respond", told("respond", "x"), fallback="규칙.", figures={})
                shown.append(repr(words))
            shown += [repr(asked.calls), repr(asked.mind.members), str(asked.mind.members[0].link)]
            shown.append(repr(await asked.mind.members[0].client.model()))
            assert any(KEY in key for key in server.keys)
    shown += [lines.getvalue(), caplog.text]
    assert KEY not in "\n".join(shown)
    assert "5ecret" not in "\n".join(shown)


@pytest.mark.parametrize("label", list(SERVERS))
async def test_a_failure_carries_no_exception_of_the_client_with_it(label: str) -> None:
    """Their exceptions hold requests, headers and bodies."""
    from langchain_core.messages import HumanMessage

    from tools.llm.calls import begin, complete

    async with SERVERS[label]() as server, asking_models((label, server)) as asked:
        server.then(Refuse(401))
        mind, turn, said = asked.mind, this_turn(), [HumanMessage("x")]
        member = mind.members[0]
        receipt = await begin(mind, member, turn, "x", 1, said)
        with pytest.raises(Failed) as failed:
            await complete(mind, member, turn, receipt, said, {})
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
    assert KEY not in "".join(traceback.format_exception(failed.value))


def test_settings_that_cannot_be_used_are_told_in_korean_without_the_key() -> None:
    settings = Settings(model="openai:a,google_genai:b", model_api_key=SecretStr(KEY))
    with pytest.raises(SettingsError, match="QUARTZ_MODEL_API_KEY") as fault:
        read_chain(settings)
    assert KEY not in str(fault.value)
    assert KEY not in repr(read_chain(Settings(model="openai:a", model_api_key=SecretStr(KEY))))


async def test_names_of_other_programs_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A base address, a key or a gateway in the environment would send a person's words somewhere else."""
    async with openai_server() as server, openai_server() as other:
        for name, value in {
            "OPENAI_API_KEY": "sk-other",
            "OPENAI_BASE_URL": other.url,
            "OPENAI_API_BASE": other.url,
            "LANGSMITH_GATEWAY": other.url,
            "LANGSMITH_GATEWAY_API_KEY": "ls-other",
            "LANGSMITH_TRACING": "true",
            "LANGCHAIN_TRACING_V2": "true",
            "LANGSMITH_ENDPOINT": other.url,
            "LANGSMITH_API_KEY": "ls-other",
            "GOOGLE_API_KEY": "google-other",
            "GOOGLE_GENAI_USE_VERTEXAI": "true",
            "GOOGLE_GENAI_USE_ENTERPRISE": "true",
            "OPENAI_PROXY": other.url,
        }.items():
            monkeypatch.setenv(name, value)
        async with asking_models(("openai:gpt-4o-mini", server)):
            server.then(Say(GOOD))
            assert (await think(TASK, "안녕")).by == "model"
        async with google_server() as google, asking_models(("google_genai:gemini-2.5-flash", google)):
            google.then(Say(GOOD))
            assert (await think(TASK, "안녕")).by == "model"
            assert google.keys == [KEY]
        assert server.keys == [f"Bearer {KEY}"]
        assert other.sent == []


async def test_without_an_address_only_the_providers_own_is_tried(only_loopback: list[str]) -> None:
    """And the guard of these tests really stops it."""
    settings = Settings(model="openai:gpt-4o-mini", model_api_key=SecretStr(KEY))
    from tools.llm.mind import configured

    async with configured(settings):
        outcome = await think(TASK, "안녕")
        assert outcome.why.startswith("unreachable: ")
    assert set(only_loopback) == {"api.openai.com"}
    only_loopback.clear()


@pytest.mark.parametrize(
    "text",
    [
        "계좌 12345678-01 로 사줘",
        "주민번호 900101-1234567",
        "카드 1234-5678-1234-5678",
        "전화 010-1234-5678",
        "메일 hong@example.com",
        "키 sk-abcdefghijklmnop1234",
        "앱키 PSabcdefghijklmnopqrstuvwxyz01234567",
    ],
)
def test_private_numbers_and_keys_are_covered_before_anything_is_sent(text: str) -> None:
    assert COVERED in covered(text)
    assert not any(word in covered(text) for word in text.split()[1:2])


@pytest.mark.parametrize(
    "text", ["삼성전자 10주 71,500원에 매수", "100000000원", "2026-11-22", "3.5%", "005930, 000660"]
)
def test_ordinary_numbers_are_left_alone(text: str) -> None:
    assert covered(text) == text


async def test_what_a_person_types_is_covered_on_the_wire() -> None:
    async with openai_server() as server, asking_models(("openai:gpt-4o-mini", server)):
        server.then(Say(GOOD))
        await think(TASK, "내 계좌 12345678-01 에서 10주")
        assert "12345678" not in str(server.sent)
        assert COVERED in str(server.sent)
