"""Notices through Apprise against Slack, Telegram and a JSON hook on loopback, and where none may go."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from fakes import START, USER
from notice_servers import Hooks, hooks

from domain.clock import ManualClock
from tools.notify import addresses, sending
from tools.notify.addresses import BadAddress, Sealed, check, masked, service_of
from tools.notify.guarding import is_public, only_public
from tools.notify.sending import Outcome, Sender, code_of

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
TELEGRAM = "tgram://123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/12315544"
TEXT = "삼성전자 80,100원 (14:05): 정하신 8만원까지 올라왔어요."


@pytest.fixture
async def there() -> AsyncIterator[Hooks]:
    async with hooks() as found:
        yield found


@pytest.fixture
def sender() -> Any:
    made = Sender(ManualClock(START), private=True)
    yield made
    made.close()


def at(there: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack and Telegram live at the loopback server."""
    addresses.apprise_library()
    from apprise.plugins.slack import NotifySlack
    from apprise.plugins.telegram import NotifyTelegram

    monkeypatch.setattr(NotifySlack, "webhook_url", f"{there.base}/services")
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"{there.base}/bot")


async def test_each_service_gets_the_text_with_its_code_in_its_own_format(
    there: Hooks, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(there, monkeypatch)
    code = code_of(USER.user_id, "price:1")
    for url in (SLACK, TELEGRAM, f"json://127.0.0.1:{there.port}/hook"):
        assert await sender.send(url, TEXT, code) is Outcome.SENT
    assert [service for service, _, _ in there.got] == ["slack", "telegram", "json"]
    for text in there.texts():
        assert "80,100원" in text
        assert f"(알림 {code})" in text
    assert there.got[1][2]["chat_id"] == 12315544
    assert there.got[0][1].startswith("/services/T1JJ3T3L2/")


async def test_signs_in_a_text_are_no_markup_and_call_nobody(
    there: Hooks, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(there, monkeypatch)
    text = "뉴스: “<!channel> *굵게* <b>속보</b> & [눌러](http://evil.example)”"
    for url in (SLACK, TELEGRAM):
        assert await sender.send(url, text, "c") is Outcome.SENT
    slack, telegram = (json.dumps(body, ensure_ascii=False) for _, _, body in there.got)
    assert "<!channel>" not in slack
    assert "&lt;b&gt;속보&lt;/b&gt;" in telegram
    assert "<!channel>" not in telegram


async def test_a_url_cannot_take_its_sending_out_of_the_guard(there: Hooks) -> None:
    made = Sender(ManualClock(START))
    for more in ("?timeout=5", "?retry=3", "?redirect=yes", "?rto=9&cto=9", "?verify=no"):
        assert await made.send(f"json://127.0.0.1:{there.port}/{more}", TEXT, "c") is Outcome.REFUSED, more
    assert there.got == []
    made.close()


async def test_a_service_in_trouble_is_asked_again_after_a_pause_and_given_up_after_three(
    there: Hooks, sender: Sender
) -> None:
    url = f"json://127.0.0.1:{there.port}/hook"
    there.faults.extend([500, 429])
    assert await sender.send(url, TEXT, "c1") is Outcome.SENT
    assert len(there.got) == 1
    there.faults.extend([500, 502, 503, 500])
    assert await sender.send(url, TEXT, "c2") is Outcome.FAILED
    assert len(there.faults) == 1


async def test_a_service_that_hangs_holds_nobody_up(there: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "READ_S", 0.3)
    made = Sender(ManualClock(START), private=True, tries=1)
    there.faults.append("hang")
    begun = time.monotonic()
    assert await made.send(f"json://127.0.0.1:{there.port}/", TEXT, "c") is Outcome.FAILED
    assert time.monotonic() - begun < 5
    made.close()


async def test_without_leave_no_byte_goes_to_an_address_of_the_house(
    there: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(there, monkeypatch)  # what a name that suddenly answers with a private address comes to
    made = Sender(ManualClock(START))
    for url in (SLACK, f"json://127.0.0.1:{there.port}/", f"json://localhost:{there.port}/", "mailto://u:p@127.0.0.1"):
        assert await made.send(url, TEXT, "c") is Outcome.REFUSED, url
    assert there.got == []
    made.close()


async def test_a_redirect_is_not_followed(there: Hooks, sender: Sender) -> None:
    there.faults.extend([f"{there.base}/elsewhere"] * 3)
    assert await sender.send(f"json://127.0.0.1:{there.port}/", TEXT, "c") is Outcome.FAILED
    assert there.got == []


async def test_the_guard_stands_between_a_thread_and_a_private_address_and_nowhere_else() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        def guarded() -> bool:
            with only_public() as watch:
                with pytest.raises(ConnectionError, match="public"):
                    socket.create_connection(("127.0.0.1", port))
                return watch.refused

        assert await asyncio.to_thread(guarded)
        socket.create_connection(("127.0.0.1", port)).close()


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.8", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "::"),
        *("fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "no address"),
    ],
)
def test_an_address_that_is_not_the_internets_is_not_public(address: str) -> None:
    assert not is_public(address)
    assert is_public("8.8.8.8")
    assert is_public("2001:4860:4860::8888")


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "syslog://localhost", "dbus://", "windows://", "xml://host", "forms://host"),
        *("https://example.com/hook", "http://127.0.0.1/", "garbage", "", "slack://", "json://" + "a" * 600),
        *("memory://", "execute://rm", "macosx://", "snmp://host", "json:/one", "tgram://nonsense", "ssh://host"),
    ],
)
def test_other_kinds_of_addresses_are_not_taken(url: str) -> None:
    with pytest.raises(BadAddress) as fault:
        service_of(url)
    assert "example.com" not in str(fault.value)
    assert "passwd" not in str(fault.value)


async def test_a_host_of_the_house_is_taken_only_with_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadAddress, match="QUARTZ_NOTIFY_PRIVATE"):
        await check("json://127.0.0.1:9/", private=False)
    with pytest.raises(BadAddress, match="QUARTZ_NOTIFY_PRIVATE"):
        await check("ntfy://localhost/topic", private=False)
    await check("json://127.0.0.1:9/", private=True)
    await check("ntfys://topic", private=False)
    await check(SLACK, private=False)


@pytest.mark.parametrize(
    "url", [SLACK, TELEGRAM, "jsons://user:pa55word@hooks.example.org/secret?token=abc", "mailtos://me:pa55@gmail.com"]
)
def test_a_url_is_shown_masked_and_kept_sealed(url: str) -> None:
    shown = masked(url)
    assert shown.startswith(url.partition("://")[0] + "://")
    for secret in ("TIiajkdnlazkcOXrIdevi7FQ", "AAbbCC", "pa55", "secret", "abc", "A1BRTD4JD"):
        assert secret not in shown
    sealed = Sealed(bytes(32))
    box = sealed.seal(UUID(int=1), url)
    assert url.encode() not in box
    assert sealed.open(UUID(int=1), box) == url
    assert sealed.open(UUID(int=2), box) is None
    assert Sealed(bytes([1]) * 32).open(UUID(int=1), box) is None


async def test_nothing_of_a_url_or_of_an_answer_is_logged(
    there: Hooks, sender: Sender, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    there.faults.extend([500] * 3)
    await sender.send(f"json://user:pa55word@127.0.0.1:{there.port}/very/secret", TEXT, "c")
    told = caplog.text + json.dumps([str(record.args) for record in caplog.records]) + "".join(capfd.readouterr())
    for secret in ("pa55word", "very/secret", "leaked-by-the-service", TEXT):
        assert secret not in told
    assert addresses.SCHEMES
