"""Every way in which a body can be something else than ids, and what is said about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution.oms.translators.bodies import Malformed, cancel_request, orders_request, submit_request, watch_request

ID = "3f2b8a52-6e0e-5d2e-9d7c-0a5a3e0e9f11"
ORDER = {"plan_id": ID, "version": 1, "approval_id": ID}


def test_ids_are_translated_as_they_stand() -> None:
    request = submit_request(json.dumps(ORDER).encode())
    assert (request.plan_id, request.version, request.approval_id) == (ID, 1, ID)
    assert request.WhichOneof("authority") == "approval_id"
    cancel = cancel_request(json.dumps({"account_ref": "sim-1", "intent_id": ID, "request_id": "a/1"}).encode())
    assert (cancel.account_ref, cancel.intent_id, cancel.request_id) == ("sim-1", ID, "a/1")
    assert watch_request({"account_ref": "sim-1"}).after_seq == 0
    assert watch_request({"account_ref": "sim-1", "after_seq": "17"}).after_seq == 17
    assert orders_request({"account_ref": "sim-1"}).open_only


@pytest.mark.parametrize(
    ("change", "field", "found"),
    [
        ({"plan_id": None}, "plan_id", "null"),
        ({"plan_id": 7}, "plan_id", "7"),
        ({"plan_id": f"{{{ID}}}"}, "plan_id", f'"{{{ID}}}"'),
        ({"plan_id": f"urn:uuid:{ID}"}, "plan_id", f'"urn:uuid:{ID}"'),
        ({"plan_id": ID.replace("-", "")}, "plan_id", f'"{ID.replace("-", "")}"'),
        ({"plan_id": [ID]}, "plan_id", "list"),
        ({"version": True}, "version", "true"),
        ({"version": 1.0}, "version", "1.0"),
        ({"version": "1"}, "version", '"1"'),
        ({"version": 0}, "version", "0"),
        ({"version": 2**31}, "version", "2147483648"),
        ({"mandate_id": ID}, "body", "approval_id, mandate_id"),
        ({"quantity": 5}, "body", 'the unknown field "quantity"'),
        ({"": 5}, "body", 'the unknown field ""'),
    ],
)
def test_what_is_wrong_is_named_with_what_was_expected(change: dict[str, Any], field: str, found: str) -> None:
    with pytest.raises(Malformed) as error:
        submit_request(json.dumps({**ORDER, **change}).encode())
    assert (error.value.field, error.value.found) == (field, found)
    assert error.value.expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b'{"plan_id": NaN}',
        b'{"version": Infinity}',
        b"[" * 4000,
        f'{{"plan_id": "{ID}", "plan_id": "{ID}", "version": 1, "approval_id": "{ID}"}}'.encode(),
        f'{{"plan_id": "{ID}", "version": 1}}'.encode(),
        f'{{"version": 1, "approval_id": "{ID}"}}'.encode(),
    ],
)
def test_what_is_no_order_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        submit_request(body)


@given(st.binary(max_size=300) | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(str))
def test_no_body_breaks_the_reading_of_it(body: bytes | str) -> None:
    with pytest.raises(Malformed):
        submit_request(body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass"))


def test_the_value_of_an_unlisted_field_is_not_repeated() -> None:
    with pytest.raises(Malformed) as error:
        submit_request(json.dumps({**ORDER, "token": "very-secret"}).encode())
    assert "very-secret" not in str(error.value)


@pytest.mark.parametrize("sequence", ["-1", "+1", "1.0", "٣", "", " 1", "9" * 19, "01"])
def test_a_place_in_the_events_is_written_in_plain_digits(sequence: str) -> None:
    with pytest.raises(Malformed):
        watch_request({"account_ref": "sim-1", "after_seq": sequence})
