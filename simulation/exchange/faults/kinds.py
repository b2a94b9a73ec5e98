"""Every fault the exchange can be told to commit, where it strikes and how it behaves when nothing more is said.

Contract: one member a fault; `TRAITS` says for each the stage at which it is looked for, whether the request it strikes
is carried out (None where that question does not arise) and its default seconds. What each
does is in the table of docs/paper-exchange.md; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where a fault is looked for."""

    BYTES = "bytes"  # bytes of a request as they arrive
    BEFORE = "before"  # a request, before it is decided
    MARKET = "market"  # an order at the exchange
    VIEW = "view"  # what an inquiry shows
    ANSWER = "answer"  # how an answer leaves
    NOTICE = "notice"  # execution notices
    FRAME = "frame"  # quote frames
    ANY_TEXT = "any_text"  # every text of a session


class FaultKind(StrEnum):
    """What can go wrong."""

    # the answer to a request
    ACCEPT_THEN_TIMEOUT = "accept_then_timeout"
    TIMEOUT_BEFORE_ACCEPT = "timeout_before_accept"
    RESET_IN_REQUEST = "reset_in_request"
    RESET_BEFORE_REPLY = "reset_before_reply"
    RESET_IN_STATUS_LINE = "reset_in_status_line"
    RESET_IN_HEADERS = "reset_in_headers"
    RESET_AFTER_HEADERS = "reset_after_headers"
    RESET_IN_BODY = "reset_in_body"
    RESET_AFTER_REPLY = "reset_after_reply"
    SERVER_ERROR_KIS = "server_error_kis"
    SERVER_ERROR_BARE = "server_error_bare"
    CONNECT_TIMED_OUT = "egw00301"
    TRADE_TIMED_OUT = "egw00302"
    THROTTLED = "throttled"
    MAINTENANCE = "maintenance"
    # tokens
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    TOKEN_DEAD_ON_REISSUE = "token_dead_on_reissue"  # noqa: S105
    # notices and frames
    NOTICE_LOST = "notice_lost"
    NOTICE_DUPLICATED = "notice_duplicated"
    NOTICE_REORDERED = "notice_reordered"
    NOTICE_BEFORE_REPLY = "notice_before_reply"
    NOTICES_SILENT = "notices_silent"
    CHANNEL_SILENT = "channel_silent"
    SOCKET_DROPPED = "socket_dropped"
    FEED_STALE = "feed_stale"
    FEED_FROZEN = "feed_frozen"
    FEED_SILENT = "feed_silent"
    QUOTE_FROZEN = "quote_frozen"
    # what inquiries show
    EXTRA_FIELDS = "extra_fields"
    EXTRA_FIELDS_IN_FRAMES = "extra_fields_in_frames"
    EXTRA_FIELDS_IN_NOTICES = "extra_fields_in_notices"
    DUPLICATED_HOLDINGS = "duplicated_holdings"
    BALANCE_LAG = "balance_lag"
    EMPTY_EXECUTIONS = "empty_executions"
    # the market
    EQUAL_FILLS = "equal_fills"
    REJECTED_AFTER_ACK = "rejected_after_ack"
    HAND_ORDER = "hand_order"


@dataclass(frozen=True, slots=True)
class Traits:
    """`happens`: is the struck request carried out unless the fault says otherwise? `seconds`: see the table.

    `places`: pieces of the paths it can strike at when the fault names no path itself; () is everywhere.
    """

    stage: Stage
    happens: bool | None = None
    seconds: float = 0.0
    places: tuple[str, ...] = ()


_K, _S = FaultKind, Stage
_BUSINESS = ("/uapi/domestic-stock/",)
_ORDERS = ("/order-cash", "/order-rvsecncl")
_ACCOUNT = ("/inquire-balance", "/inquire-psbl-order", "/inquire-psbl-sell", "/inquire-account-balance")
_QUOTES = ("/inquire-price", "/inquire-asking-price-exp-ccn", "/intstock-multprice")

TRAITS: dict[FaultKind, Traits] = {
    _K.ACCEPT_THEN_TIMEOUT: Traits(_S.ANSWER, True, 30.0),
    _K.TIMEOUT_BEFORE_ACCEPT: Traits(_S.ANSWER, False, 30.0),
    _K.RESET_IN_REQUEST: Traits(_S.BYTES, False),
    _K.RESET_BEFORE_REPLY: Traits(_S.ANSWER, True),
    _K.RESET_IN_STATUS_LINE: Traits(_S.ANSWER, True),
    _K.RESET_IN_HEADERS: Traits(_S.ANSWER, True),
    _K.RESET_AFTER_HEADERS: Traits(_S.ANSWER, True),
    _K.RESET_IN_BODY: Traits(_S.ANSWER, True),
    _K.RESET_AFTER_REPLY: Traits(_S.ANSWER, True),
    _K.SERVER_ERROR_KIS: Traits(_S.ANSWER, True),
    _K.SERVER_ERROR_BARE: Traits(_S.ANSWER, True),
    _K.CONNECT_TIMED_OUT: Traits(_S.ANSWER, True, 0.0, _BUSINESS),
    _K.TRADE_TIMED_OUT: Traits(_S.ANSWER, True, 0.0, _BUSINESS),
    _K.THROTTLED: Traits(_S.ANSWER, False, 0.0, _BUSINESS),
    _K.MAINTENANCE: Traits(_S.BEFORE, False, 10.0),
    _K.TOKEN_REVOKED: Traits(_S.BEFORE, None, 0.0, _BUSINESS),
    _K.TOKEN_DEAD_ON_REISSUE: Traits(_S.BEFORE, None, 60.0, _BUSINESS),
    _K.NOTICE_LOST: Traits(_S.NOTICE),
    _K.NOTICE_DUPLICATED: Traits(_S.NOTICE, None, 0.05),
    _K.NOTICE_REORDERED: Traits(_S.NOTICE, None, 1.0),
    _K.NOTICE_BEFORE_REPLY: Traits(_S.ANSWER, True, 0.5, _ORDERS),
    _K.NOTICES_SILENT: Traits(_S.NOTICE, None, 10.0),
    _K.CHANNEL_SILENT: Traits(_S.ANY_TEXT, None, 10.0),
    _K.SOCKET_DROPPED: Traits(_S.BEFORE, None, 1.0),
    _K.FEED_STALE: Traits(_S.FRAME, None, 5.0),
    _K.FEED_FROZEN: Traits(_S.FRAME, None, 10.0),
    _K.FEED_SILENT: Traits(_S.FRAME, None, 10.0),
    _K.QUOTE_FROZEN: Traits(_S.VIEW, None, 10.0, _QUOTES),
    _K.EXTRA_FIELDS: Traits(_S.VIEW, None, 0.0, _BUSINESS),
    _K.EXTRA_FIELDS_IN_FRAMES: Traits(_S.FRAME),
    _K.EXTRA_FIELDS_IN_NOTICES: Traits(_S.NOTICE),
    _K.DUPLICATED_HOLDINGS: Traits(_S.VIEW, None, 0.0, ("/inquire-balance",)),
    _K.BALANCE_LAG: Traits(_S.VIEW, None, 5.0, _ACCOUNT),
    _K.EMPTY_EXECUTIONS: Traits(_S.VIEW, None, 0.0, ("/inquire-daily-ccld",)),
    _K.EQUAL_FILLS: Traits(_S.MARKET),
    _K.REJECTED_AFTER_ACK: Traits(_S.MARKET),
    _K.HAND_ORDER: Traits(_S.BEFORE, None, 0.0, ("/order-cash",)),
}
