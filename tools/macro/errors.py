"""What can go wrong with a publisher of statistics, one class for each reaction:

    SourceFailed
    ├── SourceDown     did not answer, or with something that is no data: ask again at the next turn
    ├── TooManyCalls   it counts our calls: leave it alone for a while
    ├── KeyRefused     a person has to look at the key
    └── AskedWrongly   our own question is wrong: asking again changes nothing

Contract: `code` is stable and stored, `message` is Korean and may be shown. Neither holds a key, an address, or words
of the other side; low-level exceptions are never chained, because they hold the request.
"""

from __future__ import annotations


class SourceFailed(Exception):
    """No figures came."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class SourceDown(SourceFailed):
    """`passing`: worth another try at once."""

    def __init__(self, code: str, message: str, *, passing: bool = True) -> None:
        super().__init__(code, message)
        self.passing = passing


class TooManyCalls(SourceFailed):
    def __init__(self) -> None:
        super().__init__("busy", "요청이 많아 잠시 막혔어요. 나중에 다시 물어볼게요.")


class KeyRefused(SourceFailed):
    def __init__(self) -> None:
        super().__init__("key", "인증키를 받아 주지 않아요. 키를 확인해 주세요.")


class AskedWrongly(SourceFailed):
    def __init__(self) -> None:
        super().__init__("asked_wrongly", "지표 코드를 알아듣지 못해요. 지표 목록이 바뀌었을 수 있어요.")


def no_data() -> SourceDown:
    """The answer came and is no figures: cut off, a page, another series."""
    return SourceDown("not_data", "받은 내용이 통계 자료가 아니에요.")
