import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PlanRef(_message.Message):
    __slots__ = ("plan_id", "version", "account_ref", "quantities")
    class QuantitiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: int
        def __init__(self, key: _Optional[int] = ..., value: _Optional[int] = ...) -> None: ...
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    QUANTITIES_FIELD_NUMBER: _ClassVar[int]
    plan_id: str
    version: int
    account_ref: str
    quantities: _containers.ScalarMap[int, int]
    def __init__(self, plan_id: _Optional[str] = ..., version: _Optional[int] = ..., account_ref: _Optional[str] = ..., quantities: _Optional[_Mapping[int, int]] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("plan_id", "version", "approval_id", "mandate_id", "exit_mandate_id")
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_ID_FIELD_NUMBER: _ClassVar[int]
    MANDATE_ID_FIELD_NUMBER: _ClassVar[int]
    EXIT_MANDATE_ID_FIELD_NUMBER: _ClassVar[int]
    plan_id: str
    version: int
    approval_id: str
    mandate_id: str
    exit_mandate_id: str
    def __init__(self, plan_id: _Optional[str] = ..., version: _Optional[int] = ..., approval_id: _Optional[str] = ..., mandate_id: _Optional[str] = ..., exit_mandate_id: _Optional[str] = ...) -> None: ...

class SubmitReply(_message.Message):
    __slots__ = ("outcome", "orders", "findings", "message")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[SubmitReply.Outcome]
        ADMITTED: _ClassVar[SubmitReply.Outcome]
        ALREADY_ADMITTED: _ClassVar[SubmitReply.Outcome]
        REFUSED: _ClassVar[SubmitReply.Outcome]
        CONFLICT: _ClassVar[SubmitReply.Outcome]
    OUTCOME_UNSPECIFIED: SubmitReply.Outcome
    ADMITTED: SubmitReply.Outcome
    ALREADY_ADMITTED: SubmitReply.Outcome
    REFUSED: SubmitReply.Outcome
    CONFLICT: SubmitReply.Outcome
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    outcome: SubmitReply.Outcome
    orders: _containers.RepeatedCompositeFieldContainer[Order]
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    message: str
    def __init__(self, outcome: _Optional[_Union[SubmitReply.Outcome, str]] = ..., orders: _Optional[_Iterable[_Union[Order, _Mapping]]] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., message: _Optional[str] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("code", "effect", "leg", "message", "was", "limit")
    CODE_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    LEG_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    WAS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    code: str
    effect: str
    leg: int
    message: str
    was: int
    limit: int
    def __init__(self, code: _Optional[str] = ..., effect: _Optional[str] = ..., leg: _Optional[int] = ..., message: _Optional[str] = ..., was: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class PreviewLeg(_message.Message):
    __slots__ = ("leg", "ticker", "name", "side", "quantity", "asked_quantity", "price", "amount", "fee", "tax", "needs_unsuitable_ack")
    LEG_FIELD_NUMBER: _ClassVar[int]
    TICKER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    ASKED_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    TAX_FIELD_NUMBER: _ClassVar[int]
    NEEDS_UNSUITABLE_ACK_FIELD_NUMBER: _ClassVar[int]
    leg: int
    ticker: str
    name: str
    side: str
    quantity: int
    asked_quantity: int
    price: int
    amount: int
    fee: int
    tax: int
    needs_unsuitable_ack: bool
    def __init__(self, leg: _Optional[int] = ..., ticker: _Optional[str] = ..., name: _Optional[str] = ..., side: _Optional[str] = ..., quantity: _Optional[int] = ..., asked_quantity: _Optional[int] = ..., price: _Optional[int] = ..., amount: _Optional[int] = ..., fee: _Optional[int] = ..., tax: _Optional[int] = ..., needs_unsuitable_ack: _Optional[bool] = ...) -> None: ...

class PreviewReply(_message.Message):
    __slots__ = ("admissible", "legs", "findings", "cash_before", "cash_after", "as_of", "plan_hash")
    ADMISSIBLE_FIELD_NUMBER: _ClassVar[int]
    LEGS_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    CASH_BEFORE_FIELD_NUMBER: _ClassVar[int]
    CASH_AFTER_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    PLAN_HASH_FIELD_NUMBER: _ClassVar[int]
    admissible: bool
    legs: _containers.RepeatedCompositeFieldContainer[PreviewLeg]
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    cash_before: int
    cash_after: int
    as_of: _timestamp_pb2.Timestamp
    plan_hash: str
    def __init__(self, admissible: _Optional[bool] = ..., legs: _Optional[_Iterable[_Union[PreviewLeg, _Mapping]]] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., cash_before: _Optional[int] = ..., cash_after: _Optional[int] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., plan_hash: _Optional[str] = ...) -> None: ...

class CancelRequest(_message.Message):
    __slots__ = ("account_ref", "intent_id", "request_id")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    INTENT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    intent_id: str
    request_id: str
    def __init__(self, account_ref: _Optional[str] = ..., intent_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReviseRequest(_message.Message):
    __slots__ = ("account_ref", "intent_id", "new_price", "request_id")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    INTENT_ID_FIELD_NUMBER: _ClassVar[int]
    NEW_PRICE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    intent_id: str
    new_price: int
    request_id: str
    def __init__(self, account_ref: _Optional[str] = ..., intent_id: _Optional[str] = ..., new_price: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReplaceRequest(_message.Message):
    __slots__ = ("account_ref", "intent_id", "quantity", "order_type", "price", "request_id")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    INTENT_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    ORDER_TYPE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    intent_id: str
    quantity: int
    order_type: str
    price: int
    request_id: str
    def __init__(self, account_ref: _Optional[str] = ..., intent_id: _Optional[str] = ..., quantity: _Optional[int] = ..., order_type: _Optional[str] = ..., price: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class OrderReply(_message.Message):
    __slots__ = ("accepted", "order", "code", "message")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    accepted: bool
    order: Order
    code: str
    message: str
    def __init__(self, accepted: _Optional[bool] = ..., order: _Optional[_Union[Order, _Mapping]] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("intent_id", "plan_id", "version", "leg", "account_ref", "ticker", "name", "side", "order_type", "price", "quantity", "filled", "provisional", "filled_amount", "fee", "tax", "state", "reason", "state_note", "broker_order_no", "created_at", "updated_at", "sleeve", "amount_estimated", "authority", "stop_price", "replaces")
    INTENT_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LEG_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    TICKER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    ORDER_TYPE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    FILLED_FIELD_NUMBER: _ClassVar[int]
    PROVISIONAL_FIELD_NUMBER: _ClassVar[int]
    FILLED_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    TAX_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STATE_NOTE_FIELD_NUMBER: _ClassVar[int]
    BROKER_ORDER_NO_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    SLEEVE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    REPLACES_FIELD_NUMBER: _ClassVar[int]
    intent_id: str
    plan_id: str
    version: int
    leg: int
    account_ref: str
    ticker: str
    name: str
    side: str
    order_type: str
    price: int
    quantity: int
    filled: int
    provisional: int
    filled_amount: int
    fee: int
    tax: int
    state: str
    reason: str
    state_note: str
    broker_order_no: str
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    sleeve: str
    amount_estimated: bool
    authority: str
    stop_price: int
    replaces: str
    def __init__(self, intent_id: _Optional[str] = ..., plan_id: _Optional[str] = ..., version: _Optional[int] = ..., leg: _Optional[int] = ..., account_ref: _Optional[str] = ..., ticker: _Optional[str] = ..., name: _Optional[str] = ..., side: _Optional[str] = ..., order_type: _Optional[str] = ..., price: _Optional[int] = ..., quantity: _Optional[int] = ..., filled: _Optional[int] = ..., provisional: _Optional[int] = ..., filled_amount: _Optional[int] = ..., fee: _Optional[int] = ..., tax: _Optional[int] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., state_note: _Optional[str] = ..., broker_order_no: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sleeve: _Optional[str] = ..., amount_estimated: _Optional[bool] = ..., authority: _Optional[str] = ..., stop_price: _Optional[int] = ..., replaces: _Optional[str] = ...) -> None: ...

class TradingStateRequest(_message.Message):
    __slots__ = ("scope", "account_ref", "state", "reason", "sleeve")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SLEEVE_FIELD_NUMBER: _ClassVar[int]
    scope: str
    account_ref: str
    state: str
    reason: str
    sleeve: str
    def __init__(self, scope: _Optional[str] = ..., account_ref: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., sleeve: _Optional[str] = ...) -> None: ...

class TradingStateReply(_message.Message):
    __slots__ = ("state", "in_flight", "message")
    STATE_FIELD_NUMBER: _ClassVar[int]
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    state: str
    in_flight: _containers.RepeatedCompositeFieldContainer[Order]
    message: str
    def __init__(self, state: _Optional[str] = ..., in_flight: _Optional[_Iterable[_Union[Order, _Mapping]]] = ..., message: _Optional[str] = ...) -> None: ...

class ResolveRequest(_message.Message):
    __slots__ = ("account_ref", "intent_id", "adopt_broker_order_no", "absent", "reason", "confirmation")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    INTENT_ID_FIELD_NUMBER: _ClassVar[int]
    ADOPT_BROKER_ORDER_NO_FIELD_NUMBER: _ClassVar[int]
    ABSENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    intent_id: str
    adopt_broker_order_no: str
    absent: bool
    reason: str
    confirmation: str
    def __init__(self, account_ref: _Optional[str] = ..., intent_id: _Optional[str] = ..., adopt_broker_order_no: _Optional[str] = ..., absent: _Optional[bool] = ..., reason: _Optional[str] = ..., confirmation: _Optional[str] = ...) -> None: ...

class EvidenceRequest(_message.Message):
    __slots__ = ("account_ref", "intent_id")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    INTENT_ID_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    intent_id: str
    def __init__(self, account_ref: _Optional[str] = ..., intent_id: _Optional[str] = ...) -> None: ...

class BrokerRow(_message.Message):
    __slots__ = ("broker_order_no", "ordered_at", "side", "quantity", "price", "filled", "remaining", "keyed_by", "owner", "fits", "seen_before")
    BROKER_ORDER_NO_FIELD_NUMBER: _ClassVar[int]
    ORDERED_AT_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    FILLED_FIELD_NUMBER: _ClassVar[int]
    REMAINING_FIELD_NUMBER: _ClassVar[int]
    KEYED_BY_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    FITS_FIELD_NUMBER: _ClassVar[int]
    SEEN_BEFORE_FIELD_NUMBER: _ClassVar[int]
    broker_order_no: str
    ordered_at: _timestamp_pb2.Timestamp
    side: str
    quantity: int
    price: int
    filled: int
    remaining: int
    keyed_by: str
    owner: str
    fits: bool
    seen_before: bool
    def __init__(self, broker_order_no: _Optional[str] = ..., ordered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., side: _Optional[str] = ..., quantity: _Optional[int] = ..., price: _Optional[int] = ..., filled: _Optional[int] = ..., remaining: _Optional[int] = ..., keyed_by: _Optional[str] = ..., owner: _Optional[str] = ..., fits: _Optional[bool] = ..., seen_before: _Optional[bool] = ...) -> None: ...

class EvidenceReply(_message.Message):
    __slots__ = ("order", "rows", "shows_list", "sent_at", "as_of", "lines")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    SHOWS_LIST_FIELD_NUMBER: _ClassVar[int]
    SENT_AT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    order: Order
    rows: _containers.RepeatedCompositeFieldContainer[BrokerRow]
    shows_list: bool
    sent_at: _timestamp_pb2.Timestamp
    as_of: _timestamp_pb2.Timestamp
    lines: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ..., rows: _Optional[_Iterable[_Union[BrokerRow, _Mapping]]] = ..., shows_list: _Optional[bool] = ..., sent_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., lines: _Optional[_Iterable[str]] = ...) -> None: ...

class OrdersRequest(_message.Message):
    __slots__ = ("account_ref", "open_only", "intent_id", "plan_id", "from_date", "limit")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    OPEN_ONLY_FIELD_NUMBER: _ClassVar[int]
    INTENT_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_DATE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    open_only: bool
    intent_id: str
    plan_id: str
    from_date: str
    limit: int
    def __init__(self, account_ref: _Optional[str] = ..., open_only: _Optional[bool] = ..., intent_id: _Optional[str] = ..., plan_id: _Optional[str] = ..., from_date: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class OrdersReply(_message.Message):
    __slots__ = ("orders", "foreign")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    FOREIGN_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[Order]
    foreign: _containers.RepeatedCompositeFieldContainer[Order]
    def __init__(self, orders: _Optional[_Iterable[_Union[Order, _Mapping]]] = ..., foreign: _Optional[_Iterable[_Union[Order, _Mapping]]] = ...) -> None: ...

class BookRequest(_message.Message):
    __slots__ = ("account_ref",)
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    def __init__(self, account_ref: _Optional[str] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("ticker", "name", "quantity", "sellable", "cost", "price", "value", "unrealised", "sleeves", "sector", "product_risk")
    class SleevesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    TICKER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SELLABLE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNREALISED_FIELD_NUMBER: _ClassVar[int]
    SLEEVES_FIELD_NUMBER: _ClassVar[int]
    SECTOR_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_RISK_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    name: str
    quantity: int
    sellable: int
    cost: int
    price: int
    value: int
    unrealised: int
    sleeves: _containers.ScalarMap[str, int]
    sector: str
    product_risk: int
    def __init__(self, ticker: _Optional[str] = ..., name: _Optional[str] = ..., quantity: _Optional[int] = ..., sellable: _Optional[int] = ..., cost: _Optional[int] = ..., price: _Optional[int] = ..., value: _Optional[int] = ..., unrealised: _Optional[int] = ..., sleeves: _Optional[_Mapping[str, int]] = ..., sector: _Optional[str] = ..., product_risk: _Optional[int] = ...) -> None: ...

class RealisedLine(_message.Message):
    __slots__ = ("ticker", "name", "realised", "fee", "tax")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REALISED_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    TAX_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    name: str
    realised: int
    fee: int
    tax: int
    def __init__(self, ticker: _Optional[str] = ..., name: _Optional[str] = ..., realised: _Optional[int] = ..., fee: _Optional[int] = ..., tax: _Optional[int] = ...) -> None: ...

class BookReply(_message.Message):
    __slots__ = ("positions", "deposit", "cash_d2", "buying_power", "withdrawable", "total_value", "realised_today", "realised_total", "unrealised", "fees_today", "taxes_today", "fees_total", "taxes_total", "day_start_value", "realised_by_ticker", "trading_state", "trading_state_reason", "reconciled", "as_of", "base_capital")
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    DEPOSIT_FIELD_NUMBER: _ClassVar[int]
    CASH_D2_FIELD_NUMBER: _ClassVar[int]
    BUYING_POWER_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWABLE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_VALUE_FIELD_NUMBER: _ClassVar[int]
    REALISED_TODAY_FIELD_NUMBER: _ClassVar[int]
    REALISED_TOTAL_FIELD_NUMBER: _ClassVar[int]
    UNREALISED_FIELD_NUMBER: _ClassVar[int]
    FEES_TODAY_FIELD_NUMBER: _ClassVar[int]
    TAXES_TODAY_FIELD_NUMBER: _ClassVar[int]
    FEES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    TAXES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    DAY_START_VALUE_FIELD_NUMBER: _ClassVar[int]
    REALISED_BY_TICKER_FIELD_NUMBER: _ClassVar[int]
    TRADING_STATE_FIELD_NUMBER: _ClassVar[int]
    TRADING_STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    RECONCILED_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    BASE_CAPITAL_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedCompositeFieldContainer[Position]
    deposit: int
    cash_d2: int
    buying_power: int
    withdrawable: int
    total_value: int
    realised_today: int
    realised_total: int
    unrealised: int
    fees_today: int
    taxes_today: int
    fees_total: int
    taxes_total: int
    day_start_value: int
    realised_by_ticker: _containers.RepeatedCompositeFieldContainer[RealisedLine]
    trading_state: str
    trading_state_reason: str
    reconciled: bool
    as_of: _timestamp_pb2.Timestamp
    base_capital: int
    def __init__(self, positions: _Optional[_Iterable[_Union[Position, _Mapping]]] = ..., deposit: _Optional[int] = ..., cash_d2: _Optional[int] = ..., buying_power: _Optional[int] = ..., withdrawable: _Optional[int] = ..., total_value: _Optional[int] = ..., realised_today: _Optional[int] = ..., realised_total: _Optional[int] = ..., unrealised: _Optional[int] = ..., fees_today: _Optional[int] = ..., taxes_today: _Optional[int] = ..., fees_total: _Optional[int] = ..., taxes_total: _Optional[int] = ..., day_start_value: _Optional[int] = ..., realised_by_ticker: _Optional[_Iterable[_Union[RealisedLine, _Mapping]]] = ..., trading_state: _Optional[str] = ..., trading_state_reason: _Optional[str] = ..., reconciled: _Optional[bool] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., base_capital: _Optional[int] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("account_ref", "after_seq")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    after_seq: int
    def __init__(self, account_ref: _Optional[str] = ..., after_seq: _Optional[int] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("seq", "account_ref", "at", "kind", "order", "message")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    seq: int
    account_ref: str
    at: _timestamp_pb2.Timestamp
    kind: str
    order: Order
    message: str
    def __init__(self, seq: _Optional[int] = ..., account_ref: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[str] = ..., order: _Optional[_Union[Order, _Mapping]] = ..., message: _Optional[str] = ...) -> None: ...

class DaysRequest(_message.Message):
    __slots__ = ("account_ref", "limit")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    limit: int
    def __init__(self, account_ref: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class Day(_message.Message):
    __slots__ = ("date", "start_value", "high_water", "realised", "fees", "taxes", "flow")
    DATE_FIELD_NUMBER: _ClassVar[int]
    START_VALUE_FIELD_NUMBER: _ClassVar[int]
    HIGH_WATER_FIELD_NUMBER: _ClassVar[int]
    REALISED_FIELD_NUMBER: _ClassVar[int]
    FEES_FIELD_NUMBER: _ClassVar[int]
    TAXES_FIELD_NUMBER: _ClassVar[int]
    FLOW_FIELD_NUMBER: _ClassVar[int]
    date: str
    start_value: int
    high_water: int
    realised: int
    fees: int
    taxes: int
    flow: int
    def __init__(self, date: _Optional[str] = ..., start_value: _Optional[int] = ..., high_water: _Optional[int] = ..., realised: _Optional[int] = ..., fees: _Optional[int] = ..., taxes: _Optional[int] = ..., flow: _Optional[int] = ...) -> None: ...

class DaysReply(_message.Message):
    __slots__ = ("days",)
    DAYS_FIELD_NUMBER: _ClassVar[int]
    days: _containers.RepeatedCompositeFieldContainer[Day]
    def __init__(self, days: _Optional[_Iterable[_Union[Day, _Mapping]]] = ...) -> None: ...

class EnrollRequest(_message.Message):
    __slots__ = ("account_ref", "app_key", "app_secret", "account_no", "hts_id")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    APP_KEY_FIELD_NUMBER: _ClassVar[int]
    APP_SECRET_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_NO_FIELD_NUMBER: _ClassVar[int]
    HTS_ID_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    app_key: str
    app_secret: str
    account_no: str
    hts_id: str
    def __init__(self, account_ref: _Optional[str] = ..., app_key: _Optional[str] = ..., app_secret: _Optional[str] = ..., account_no: _Optional[str] = ..., hts_id: _Optional[str] = ...) -> None: ...

class EnrollReply(_message.Message):
    __slots__ = ("accepted", "code", "message")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    accepted: bool
    code: str
    message: str
    def __init__(self, accepted: _Optional[bool] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class UnenrollRequest(_message.Message):
    __slots__ = ("account_ref",)
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    def __init__(self, account_ref: _Optional[str] = ...) -> None: ...

class CallerTokensRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CallerToken(_message.Message):
    __slots__ = ("token_id", "label", "principal", "account_ref", "issued_at", "revoked_at")
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    ISSUED_AT_FIELD_NUMBER: _ClassVar[int]
    REVOKED_AT_FIELD_NUMBER: _ClassVar[int]
    token_id: str
    label: str
    principal: str
    account_ref: str
    issued_at: _timestamp_pb2.Timestamp
    revoked_at: _timestamp_pb2.Timestamp
    def __init__(self, token_id: _Optional[str] = ..., label: _Optional[str] = ..., principal: _Optional[str] = ..., account_ref: _Optional[str] = ..., issued_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revoked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CallerTokensReply(_message.Message):
    __slots__ = ("tokens",)
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    tokens: _containers.RepeatedCompositeFieldContainer[CallerToken]
    def __init__(self, tokens: _Optional[_Iterable[_Union[CallerToken, _Mapping]]] = ...) -> None: ...

class IssueTokenRequest(_message.Message):
    __slots__ = ("account_ref", "label")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    label: str
    def __init__(self, account_ref: _Optional[str] = ..., label: _Optional[str] = ...) -> None: ...

class IssueTokenReply(_message.Message):
    __slots__ = ("issued", "token")
    ISSUED_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    issued: CallerToken
    token: str
    def __init__(self, issued: _Optional[_Union[CallerToken, _Mapping]] = ..., token: _Optional[str] = ...) -> None: ...

class RevokeTokenRequest(_message.Message):
    __slots__ = ("token_id",)
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    token_id: str
    def __init__(self, token_id: _Optional[str] = ...) -> None: ...

class ExitsRequest(_message.Message):
    __slots__ = ("account_ref",)
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    def __init__(self, account_ref: _Optional[str] = ...) -> None: ...

class ProtectedPosition(_message.Message):
    __slots__ = ("exit_mandate_id", "account_ref", "ticker", "name", "sleeve", "quantity", "cost", "entered_on", "generation", "live", "takes_resting")
    EXIT_MANDATE_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    TICKER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SLEEVE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    ENTERED_ON_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    TAKES_RESTING_FIELD_NUMBER: _ClassVar[int]
    exit_mandate_id: str
    account_ref: str
    ticker: str
    name: str
    sleeve: str
    quantity: int
    cost: int
    entered_on: str
    generation: int
    live: Order
    takes_resting: bool
    def __init__(self, exit_mandate_id: _Optional[str] = ..., account_ref: _Optional[str] = ..., ticker: _Optional[str] = ..., name: _Optional[str] = ..., sleeve: _Optional[str] = ..., quantity: _Optional[int] = ..., cost: _Optional[int] = ..., entered_on: _Optional[str] = ..., generation: _Optional[int] = ..., live: _Optional[_Union[Order, _Mapping]] = ..., takes_resting: _Optional[bool] = ...) -> None: ...

class ExitsReply(_message.Message):
    __slots__ = ("positions",)
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedCompositeFieldContainer[ProtectedPosition]
    def __init__(self, positions: _Optional[_Iterable[_Union[ProtectedPosition, _Mapping]]] = ...) -> None: ...

class ExitRequest(_message.Message):
    __slots__ = ("account_ref", "exit_mandate_id", "generation", "kind", "observed_price", "observed_at", "level", "rule_id")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    EXIT_MANDATE_ID_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_PRICE_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    exit_mandate_id: str
    generation: int
    kind: str
    observed_price: int
    observed_at: _timestamp_pb2.Timestamp
    level: int
    rule_id: int
    def __init__(self, account_ref: _Optional[str] = ..., exit_mandate_id: _Optional[str] = ..., generation: _Optional[int] = ..., kind: _Optional[str] = ..., observed_price: _Optional[int] = ..., observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., level: _Optional[int] = ..., rule_id: _Optional[int] = ...) -> None: ...

class RestStopRequest(_message.Message):
    __slots__ = ("account_ref", "exit_mandate_id", "generation", "stop_price", "rule_id")
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    EXIT_MANDATE_ID_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    exit_mandate_id: str
    generation: int
    stop_price: int
    rule_id: int
    def __init__(self, account_ref: _Optional[str] = ..., exit_mandate_id: _Optional[str] = ..., generation: _Optional[int] = ..., stop_price: _Optional[int] = ..., rule_id: _Optional[int] = ...) -> None: ...

class ExitReply(_message.Message):
    __slots__ = ("outcome", "order", "code", "message")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[ExitReply.Outcome]
        ADMITTED: _ClassVar[ExitReply.Outcome]
        ALREADY_ADMITTED: _ClassVar[ExitReply.Outcome]
        WAITING: _ClassVar[ExitReply.Outcome]
        REFUSED: _ClassVar[ExitReply.Outcome]
    OUTCOME_UNSPECIFIED: ExitReply.Outcome
    ADMITTED: ExitReply.Outcome
    ALREADY_ADMITTED: ExitReply.Outcome
    WAITING: ExitReply.Outcome
    REFUSED: ExitReply.Outcome
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    outcome: ExitReply.Outcome
    order: Order
    code: str
    message: str
    def __init__(self, outcome: _Optional[_Union[ExitReply.Outcome, str]] = ..., order: _Optional[_Union[Order, _Mapping]] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class StatusRequest(_message.Message):
    __slots__ = ("account_ref",)
    ACCOUNT_REF_FIELD_NUMBER: _ClassVar[int]
    account_ref: str
    def __init__(self, account_ref: _Optional[str] = ...) -> None: ...

class StatusReply(_message.Message):
    __slots__ = ("ready", "environment", "lease_state", "token_status", "channel", "trading_state", "trading_state_reason", "manual", "clock_skew_ms", "message", "keys", "stopped_sleeves")
    READY_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    LEASE_STATE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_STATUS_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TRADING_STATE_FIELD_NUMBER: _ClassVar[int]
    TRADING_STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    MANUAL_FIELD_NUMBER: _ClassVar[int]
    CLOCK_SKEW_MS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    STOPPED_SLEEVES_FIELD_NUMBER: _ClassVar[int]
    ready: bool
    environment: str
    lease_state: str
    token_status: str
    channel: str
    trading_state: str
    trading_state_reason: str
    manual: _containers.RepeatedCompositeFieldContainer[Order]
    clock_skew_ms: int
    message: str
    keys: str
    stopped_sleeves: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ready: _Optional[bool] = ..., environment: _Optional[str] = ..., lease_state: _Optional[str] = ..., token_status: _Optional[str] = ..., channel: _Optional[str] = ..., trading_state: _Optional[str] = ..., trading_state_reason: _Optional[str] = ..., manual: _Optional[_Iterable[_Union[Order, _Mapping]]] = ..., clock_skew_ms: _Optional[int] = ..., message: _Optional[str] = ..., keys: _Optional[str] = ..., stopped_sleeves: _Optional[_Iterable[str]] = ...) -> None: ...

class TickerRequest(_message.Message):
    __slots__ = ("ticker",)
    TICKER_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    def __init__(self, ticker: _Optional[str] = ...) -> None: ...

class TickersRequest(_message.Message):
    __slots__ = ("tickers",)
    TICKERS_FIELD_NUMBER: _ClassVar[int]
    tickers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, tickers: _Optional[_Iterable[str]] = ...) -> None: ...

class QuoteReply(_message.Message):
    __slots__ = ("ticker", "name", "price", "base_price", "open", "high", "low", "volume", "upper_limit", "lower_limit", "halted", "as_of", "source", "found", "stale", "interrupted")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    BASE_PRICE_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    UPPER_LIMIT_FIELD_NUMBER: _ClassVar[int]
    LOWER_LIMIT_FIELD_NUMBER: _ClassVar[int]
    HALTED_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTED_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    name: str
    price: int
    base_price: int
    open: int
    high: int
    low: int
    volume: int
    upper_limit: int
    lower_limit: int
    halted: bool
    as_of: _timestamp_pb2.Timestamp
    source: str
    found: bool
    stale: bool
    interrupted: bool
    def __init__(self, ticker: _Optional[str] = ..., name: _Optional[str] = ..., price: _Optional[int] = ..., base_price: _Optional[int] = ..., open: _Optional[int] = ..., high: _Optional[int] = ..., low: _Optional[int] = ..., volume: _Optional[int] = ..., upper_limit: _Optional[int] = ..., lower_limit: _Optional[int] = ..., halted: _Optional[bool] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[str] = ..., found: _Optional[bool] = ..., stale: _Optional[bool] = ..., interrupted: _Optional[bool] = ...) -> None: ...

class QuotesReply(_message.Message):
    __slots__ = ("quotes",)
    QUOTES_FIELD_NUMBER: _ClassVar[int]
    quotes: _containers.RepeatedCompositeFieldContainer[QuoteReply]
    def __init__(self, quotes: _Optional[_Iterable[_Union[QuoteReply, _Mapping]]] = ...) -> None: ...

class Level(_message.Message):
    __slots__ = ("price", "quantity")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    price: int
    quantity: int
    def __init__(self, price: _Optional[int] = ..., quantity: _Optional[int] = ...) -> None: ...

class FramesRequest(_message.Message):
    __slots__ = ("tickers", "trades", "books")
    TICKERS_FIELD_NUMBER: _ClassVar[int]
    TRADES_FIELD_NUMBER: _ClassVar[int]
    BOOKS_FIELD_NUMBER: _ClassVar[int]
    tickers: _containers.RepeatedScalarFieldContainer[str]
    trades: bool
    books: bool
    def __init__(self, tickers: _Optional[_Iterable[str]] = ..., trades: _Optional[bool] = ..., books: _Optional[bool] = ...) -> None: ...

class Frame(_message.Message):
    __slots__ = ("seq", "received_us", "text", "missed")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_US_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    MISSED_FIELD_NUMBER: _ClassVar[int]
    seq: int
    received_us: int
    text: str
    missed: Missed
    def __init__(self, seq: _Optional[int] = ..., received_us: _Optional[int] = ..., text: _Optional[str] = ..., missed: _Optional[_Union[Missed, _Mapping]] = ...) -> None: ...

class Missed(_message.Message):
    __slots__ = ("reason", "frames")
    REASON_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    reason: str
    frames: int
    def __init__(self, reason: _Optional[str] = ..., frames: _Optional[int] = ...) -> None: ...

class FramesReply(_message.Message):
    __slots__ = ("frames", "silent")
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    SILENT_FIELD_NUMBER: _ClassVar[int]
    frames: _containers.RepeatedCompositeFieldContainer[Frame]
    silent: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, frames: _Optional[_Iterable[_Union[Frame, _Mapping]]] = ..., silent: _Optional[_Iterable[str]] = ...) -> None: ...

class OrderBookReply(_message.Message):
    __slots__ = ("ticker", "asks", "bids", "as_of")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    asks: _containers.RepeatedCompositeFieldContainer[Level]
    bids: _containers.RepeatedCompositeFieldContainer[Level]
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, ticker: _Optional[str] = ..., asks: _Optional[_Iterable[_Union[Level, _Mapping]]] = ..., bids: _Optional[_Iterable[_Union[Level, _Mapping]]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ChartRequest(_message.Message):
    __slots__ = ("ticker", "period", "from_date", "to_date", "from_time", "to_time")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    FROM_DATE_FIELD_NUMBER: _ClassVar[int]
    TO_DATE_FIELD_NUMBER: _ClassVar[int]
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    period: str
    from_date: str
    to_date: str
    from_time: str
    to_time: str
    def __init__(self, ticker: _Optional[str] = ..., period: _Optional[str] = ..., from_date: _Optional[str] = ..., to_date: _Optional[str] = ..., from_time: _Optional[str] = ..., to_time: _Optional[str] = ...) -> None: ...

class Bar(_message.Message):
    __slots__ = ("date", "open", "high", "low", "close", "volume", "time")
    DATE_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    date: str
    open: int
    high: int
    low: int
    close: int
    volume: int
    time: str
    def __init__(self, date: _Optional[str] = ..., open: _Optional[int] = ..., high: _Optional[int] = ..., low: _Optional[int] = ..., close: _Optional[int] = ..., volume: _Optional[int] = ..., time: _Optional[str] = ...) -> None: ...

class ChartReply(_message.Message):
    __slots__ = ("ticker", "bars", "as_of")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    BARS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    bars: _containers.RepeatedCompositeFieldContainer[Bar]
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, ticker: _Optional[str] = ..., bars: _Optional[_Iterable[_Union[Bar, _Mapping]]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class NewsTitlesRequest(_message.Message):
    __slots__ = ("ticker",)
    TICKER_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    def __init__(self, ticker: _Optional[str] = ...) -> None: ...

class NewsTitle(_message.Message):
    __slots__ = ("number", "at", "title", "source", "tickers")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TICKERS_FIELD_NUMBER: _ClassVar[int]
    number: str
    at: _timestamp_pb2.Timestamp
    title: str
    source: str
    tickers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, number: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., title: _Optional[str] = ..., source: _Optional[str] = ..., tickers: _Optional[_Iterable[str]] = ...) -> None: ...

class NewsTitlesReply(_message.Message):
    __slots__ = ("offered", "source", "titles")
    OFFERED_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    offered: bool
    source: str
    titles: _containers.RepeatedCompositeFieldContainer[NewsTitle]
    def __init__(self, offered: _Optional[bool] = ..., source: _Optional[str] = ..., titles: _Optional[_Iterable[_Union[NewsTitle, _Mapping]]] = ...) -> None: ...

class AccountYear(_message.Message):
    __slots__ = ("period", "sales_growth", "operating_growth", "net_growth", "roe", "eps", "sales_a_share", "bps", "reserves", "debt")
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    SALES_GROWTH_FIELD_NUMBER: _ClassVar[int]
    OPERATING_GROWTH_FIELD_NUMBER: _ClassVar[int]
    NET_GROWTH_FIELD_NUMBER: _ClassVar[int]
    ROE_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    SALES_A_SHARE_FIELD_NUMBER: _ClassVar[int]
    BPS_FIELD_NUMBER: _ClassVar[int]
    RESERVES_FIELD_NUMBER: _ClassVar[int]
    DEBT_FIELD_NUMBER: _ClassVar[int]
    period: str
    sales_growth: float
    operating_growth: float
    net_growth: float
    roe: float
    eps: float
    sales_a_share: float
    bps: float
    reserves: float
    debt: float
    def __init__(self, period: _Optional[str] = ..., sales_growth: _Optional[float] = ..., operating_growth: _Optional[float] = ..., net_growth: _Optional[float] = ..., roe: _Optional[float] = ..., eps: _Optional[float] = ..., sales_a_share: _Optional[float] = ..., bps: _Optional[float] = ..., reserves: _Optional[float] = ..., debt: _Optional[float] = ...) -> None: ...

class FundamentalsReply(_message.Message):
    __slots__ = ("ticker", "found", "source", "as_of", "per", "pbr", "eps", "bps", "market_cap", "years", "years_offered")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    PER_FIELD_NUMBER: _ClassVar[int]
    PBR_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    BPS_FIELD_NUMBER: _ClassVar[int]
    MARKET_CAP_FIELD_NUMBER: _ClassVar[int]
    YEARS_FIELD_NUMBER: _ClassVar[int]
    YEARS_OFFERED_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    found: bool
    source: str
    as_of: _timestamp_pb2.Timestamp
    per: float
    pbr: float
    eps: float
    bps: float
    market_cap: int
    years: _containers.RepeatedCompositeFieldContainer[AccountYear]
    years_offered: bool
    def __init__(self, ticker: _Optional[str] = ..., found: _Optional[bool] = ..., source: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., per: _Optional[float] = ..., pbr: _Optional[float] = ..., eps: _Optional[float] = ..., bps: _Optional[float] = ..., market_cap: _Optional[int] = ..., years: _Optional[_Iterable[_Union[AccountYear, _Mapping]]] = ..., years_offered: _Optional[bool] = ...) -> None: ...

class MarketClockRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MarketClockReply(_message.Message):
    __slots__ = ("now", "trade_date", "phase", "calendar", "speed", "label")
    NOW_FIELD_NUMBER: _ClassVar[int]
    TRADE_DATE_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    now: _timestamp_pb2.Timestamp
    trade_date: str
    phase: str
    calendar: str
    speed: str
    label: str
    def __init__(self, now: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., trade_date: _Optional[str] = ..., phase: _Optional[str] = ..., calendar: _Optional[str] = ..., speed: _Optional[str] = ..., label: _Optional[str] = ...) -> None: ...
