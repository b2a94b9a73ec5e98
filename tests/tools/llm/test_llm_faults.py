"""What a client's exception means, and how long the model is left alone for it."""

from __future__ import annotations

import pytest

from tools.llm.faults import LONG_REST, RETRY_AFTER, RETRY_CAP, SOFT, fault_of
from tools.llm.rest import IN_A_ROW, SHORT_REST, Rest


class Answered(Exception):
    """As the clients raise them: a status, and a response with headers."""

    def __init__(self, status: int, headers: dict[str, str] | None = None, code: str | None = None) -> None:
        super().__init__("sk-secret is wrong")
        self.status_code = status
        self.code = code
        self.response = type("Response", (), {"headers": headers or {}})()


def wrapped(inner: BaseException) -> BaseException:
    try:
        try:
            raise inner
        except BaseException as error:
            raise RuntimeError("outer") from error
    except RuntimeError as outer:
        return outer


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"Retry-After": "7.5"}, 7.5),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "86400"}, RETRY_CAP),
        ({"retry-after": "inf"}, RETRY_AFTER),
        ({"retry-after": "nan"}, RETRY_AFTER),
        ({"retry-after": "-3"}, RETRY_AFTER),
        ({"retry-after": "soon"}, RETRY_AFTER),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:00 GMT"}, RETRY_AFTER),
        ({}, RETRY_AFTER),
    ],
)
def test_a_429_rests_as_long_as_it_asks_within_reason(headers: dict[str, str], seconds: float) -> None:
    fault = fault_of(wrapped(Answered(429, headers)))
    assert (fault.code, fault.rest, fault.charged) == ("rate_limited", seconds, False)


@pytest.mark.parametrize(
    ("error", "code", "rest"),
    [
        (Answered(401), "unauthorized", LONG_REST),
        (Answered(403), "unauthorized", LONG_REST),
        (Answered(404), "unknown_model", LONG_REST),
        (Answered(429, code="insufficient_quota"), "no_quota", LONG_REST),
        (Answered(408), "timeout", 0),
        (Answered(400), "bad_request", 0),
        (Answered(422), "bad_request", 0),
        (Answered(502), "server_error", 0),
        (TimeoutError(), "timeout", 0),
        (ConnectionResetError(), "unreachable", 0),
        (OSError("no route"), "unreachable", 0),
        (KeyError("choices"), "broken", 0),
    ],
)
def test_each_exception_has_one_meaning_and_no_foreign_words(error: BaseException, code: str, rest: float) -> None:
    for each in (error, wrapped(error)):
        fault = fault_of(each)
        assert (fault.code, fault.rest) == (code, rest)
        assert "sk-secret" not in str(fault)


def test_an_exception_that_refers_to_itself_is_understood() -> None:
    fault = ValueError("x")
    fault.__cause__ = KeyError("y")
    fault.__cause__.__cause__ = fault
    assert fault_of(fault).code == "broken"


def test_machinery_faults_rest_a_model_only_in_a_row() -> None:
    rest = Rest()
    for _ in range(IN_A_ROW - 1):
        rest.note(fault_of(TimeoutError()), 0)
    rest.clear()
    for _ in range(IN_A_ROW - 1):
        rest.note(fault_of(TimeoutError()), 0)
    assert rest.why(0) is None
    rest.note(fault_of(ConnectionResetError()), 0)
    assert rest.why(SHORT_REST - 1) == "unreachable"
    assert rest.why(SHORT_REST) is None
    assert {"timeout", "unreachable"} <= SOFT
