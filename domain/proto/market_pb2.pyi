from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Tick(_message.Message):
    __slots__ = ("ticker", "day", "volume", "size", "price", "at_ms", "seq", "day_open", "day_high", "day_low", "base", "halted", "interrupted", "source")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    DAY_OPEN_FIELD_NUMBER: _ClassVar[int]
    DAY_HIGH_FIELD_NUMBER: _ClassVar[int]
    DAY_LOW_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    HALTED_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTED_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    day: int
    volume: int
    size: int
    price: int
    at_ms: int
    seq: int
    day_open: int
    day_high: int
    day_low: int
    base: int
    halted: bool
    interrupted: bool
    source: str
    def __init__(self, ticker: _Optional[str] = ..., day: _Optional[int] = ..., volume: _Optional[int] = ..., size: _Optional[int] = ..., price: _Optional[int] = ..., at_ms: _Optional[int] = ..., seq: _Optional[int] = ..., day_open: _Optional[int] = ..., day_high: _Optional[int] = ..., day_low: _Optional[int] = ..., base: _Optional[int] = ..., halted: _Optional[bool] = ..., interrupted: _Optional[bool] = ..., source: _Optional[str] = ...) -> None: ...

class Gap(_message.Message):
    __slots__ = ("ticker", "day", "seq", "from_volume", "lost", "since_ms", "until_ms", "open", "reason")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    FROM_VOLUME_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    day: int
    seq: int
    from_volume: int
    lost: int
    since_ms: int
    until_ms: int
    open: bool
    reason: str
    def __init__(self, ticker: _Optional[str] = ..., day: _Optional[int] = ..., seq: _Optional[int] = ..., from_volume: _Optional[int] = ..., lost: _Optional[int] = ..., since_ms: _Optional[int] = ..., until_ms: _Optional[int] = ..., open: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class TradeEvent(_message.Message):
    __slots__ = ("tick", "gap")
    TICK_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    tick: Tick
    gap: Gap
    def __init__(self, tick: _Optional[_Union[Tick, _Mapping]] = ..., gap: _Optional[_Union[Gap, _Mapping]] = ...) -> None: ...

class Level(_message.Message):
    __slots__ = ("price", "quantity")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    price: int
    quantity: int
    def __init__(self, price: _Optional[int] = ..., quantity: _Optional[int] = ...) -> None: ...

class Book(_message.Message):
    __slots__ = ("ticker", "at_ms", "seq", "asks", "bids", "source")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    at_ms: int
    seq: int
    asks: _containers.RepeatedCompositeFieldContainer[Level]
    bids: _containers.RepeatedCompositeFieldContainer[Level]
    source: str
    def __init__(self, ticker: _Optional[str] = ..., at_ms: _Optional[int] = ..., seq: _Optional[int] = ..., asks: _Optional[_Iterable[_Union[Level, _Mapping]]] = ..., bids: _Optional[_Iterable[_Union[Level, _Mapping]]] = ..., source: _Optional[str] = ...) -> None: ...

class Bar(_message.Message):
    __slots__ = ("ticker", "timeframe", "end", "open", "high", "low", "close", "volume", "day", "complete", "revision", "ticks", "source")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    TIMEFRAME_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TICKS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    timeframe: str
    end: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    day: int
    complete: bool
    revision: int
    ticks: int
    source: str
    def __init__(self, ticker: _Optional[str] = ..., timeframe: _Optional[str] = ..., end: _Optional[int] = ..., open: _Optional[int] = ..., high: _Optional[int] = ..., low: _Optional[int] = ..., close: _Optional[int] = ..., volume: _Optional[int] = ..., day: _Optional[int] = ..., complete: _Optional[bool] = ..., revision: _Optional[int] = ..., ticks: _Optional[int] = ..., source: _Optional[str] = ...) -> None: ...

class Signal(_message.Message):
    __slots__ = ("strategy_hash", "ticker", "timeframe", "end", "entry", "exit", "values", "seq", "source", "late")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    STRATEGY_HASH_FIELD_NUMBER: _ClassVar[int]
    TICKER_FIELD_NUMBER: _ClassVar[int]
    TIMEFRAME_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    EXIT_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    strategy_hash: str
    ticker: str
    timeframe: str
    end: int
    entry: bool
    exit: bool
    values: _containers.ScalarMap[str, float]
    seq: int
    source: str
    late: bool
    def __init__(self, strategy_hash: _Optional[str] = ..., ticker: _Optional[str] = ..., timeframe: _Optional[str] = ..., end: _Optional[int] = ..., entry: _Optional[bool] = ..., exit: _Optional[bool] = ..., values: _Optional[_Mapping[str, float]] = ..., seq: _Optional[int] = ..., source: _Optional[str] = ..., late: _Optional[bool] = ...) -> None: ...

class Snapshot(_message.Message):
    __slots__ = ("tick", "gap", "seq", "seen_ms", "offset")
    TICK_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    SEEN_MS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    tick: Tick
    gap: Gap
    seq: int
    seen_ms: int
    offset: str
    def __init__(self, tick: _Optional[_Union[Tick, _Mapping]] = ..., gap: _Optional[_Union[Gap, _Mapping]] = ..., seq: _Optional[int] = ..., seen_ms: _Optional[int] = ..., offset: _Optional[str] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ("wall_ms", "market_ms", "speed", "streaming", "label", "followed", "left_out")
    WALL_MS_FIELD_NUMBER: _ClassVar[int]
    MARKET_MS_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    STREAMING_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    FOLLOWED_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    wall_ms: int
    market_ms: int
    speed: float
    streaming: bool
    label: str
    followed: _containers.RepeatedScalarFieldContainer[str]
    left_out: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, wall_ms: _Optional[int] = ..., market_ms: _Optional[int] = ..., speed: _Optional[float] = ..., streaming: _Optional[bool] = ..., label: _Optional[str] = ..., followed: _Optional[_Iterable[str]] = ..., left_out: _Optional[_Iterable[str]] = ...) -> None: ...

class BarPlaces(_message.Message):
    __slots__ = ("places",)
    PLACES_FIELD_NUMBER: _ClassVar[int]
    places: _containers.RepeatedCompositeFieldContainer[BarPlace]
    def __init__(self, places: _Optional[_Iterable[_Union[BarPlace, _Mapping]]] = ...) -> None: ...

class BarPlace(_message.Message):
    __slots__ = ("ticker", "day", "volume", "end", "seq", "at_ms", "gap_ms", "missed_since_ms", "missed_until_ms", "told")
    TICKER_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    GAP_MS_FIELD_NUMBER: _ClassVar[int]
    MISSED_SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    MISSED_UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    TOLD_FIELD_NUMBER: _ClassVar[int]
    ticker: str
    day: int
    volume: int
    end: int
    seq: int
    at_ms: int
    gap_ms: int
    missed_since_ms: int
    missed_until_ms: int
    told: Bar
    def __init__(self, ticker: _Optional[str] = ..., day: _Optional[int] = ..., volume: _Optional[int] = ..., end: _Optional[int] = ..., seq: _Optional[int] = ..., at_ms: _Optional[int] = ..., gap_ms: _Optional[int] = ..., missed_since_ms: _Optional[int] = ..., missed_until_ms: _Optional[int] = ..., told: _Optional[_Union[Bar, _Mapping]] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ("messages",)
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[Keyed]
    def __init__(self, messages: _Optional[_Iterable[_Union[Keyed, _Mapping]]] = ...) -> None: ...

class Keyed(_message.Message):
    __slots__ = ("key", "payload")
    KEY_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    key: str
    payload: bytes
    def __init__(self, key: _Optional[str] = ..., payload: _Optional[bytes] = ...) -> None: ...
