"""From the pieces of a reply to messages with cards: ids below words, buttons where something is asked."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

import pytest

from graph.turn import TurnResult
from nodes.respond.pieces import in_words, piece
from ui.talk.cards import approvals_in, greeting_of, messages_of, waiting_card
from ui.talk.message import Card, Shown, element_rows, plain, reply_id

MESSAGE = "11111111-1111-4111-8111-111111111111"
THREAD = "22222222-2222-4222-8222-222222222222"


def shown(*pieces: Any, pending: Any = None) -> list[Shown]:
    values = {"pieces": list(pieces), "pending_question": pending}
    return messages_of(TurnResult(in_words(pieces), values=values), MESSAGE, THREAD)[0]


@pytest.mark.parametrize(
    ("made", "card"),
    [
        (piece("profile", "적극투자형이에요.", draft=True), Card("ProfileCard", {"thread_id": THREAD})),
        (
            piece("strategy", "전략 카드 v1", strategy_id="s1", version=1),
            Card("StrategyCard", {"strategy_id": "s1", "version": 1}),
        ),
        (piece("runs", "'골든크로스' v1 전략은 켜져 있어요."), Card("RunsCard")),
        (piece("book", "총자산 100,000,000원"), Card("BookCard")),
        (piece("equity", "자산 흐름이에요.", view="equity"), Card("EquityCard", {"view": "equity"})),
        (piece("candidates", "뉴스로 본 후보예요."), Card("CandidatesCard")),
        (piece("equity", "손익 흐름이에요.", view="pnl"), Card("EquityCard", {"view": "pnl"})),
        (piece("orders", "접수했어요.", plan_id="p1"), Card("OrdersCard", {"plan_id": "p1", "open": False})),
        (piece("orders", "미체결 1건", plan_id="", open=True), Card("OrdersCard", {"plan_id": "", "open": True})),
        (piece("report", "중립이에요.", tickers=["005930"]), Card("ChartCard", {"ticker": "005930", "period": "D"})),
    ],
)
def test_a_piece_has_the_card_of_its_kind(made: Any, card: Card) -> None:
    (message,) = shown(made)
    assert message.cards == (card,)


@pytest.mark.parametrize(
    "made", [piece("text", "네."), piece("report", "둘 다 중립이에요.", tickers=["005930", "000660"])]
)
def test_words_alone_have_no_card(made: Any) -> None:
    assert [message.cards for message in shown(made)] == [()]


@pytest.mark.parametrize(("optional", "owner"), [(False, "question"), (True, "next")])
def test_options_are_buttons_that_say_whether_they_answer_or_offer(optional: bool, owner: str) -> None:
    asked = piece("question", "맞나요?", ("맞아요", "고칠래요"))
    (message,) = shown(asked, pending={"about": {"optional": optional}})
    assert message.cards == (Card("Choices", {"options": ["맞아요", "고칠래요"], "owner": owner}),)


def test_a_profile_to_confirm_has_its_card_and_its_buttons() -> None:
    (message,) = shown(piece("profile", "이렇게 이해했어요.", ("맞아요", "고칠래요"), draft=True))
    assert [card.name for card in message.cards] == ["ProfileCard", "Choices"]


def test_who_answered_is_said_once_for_all_rooms_and_before_what_asks() -> None:
    told = [
        {"code": "answered_by", "what": what, "by": by, "text": "", "why": ""}
        for what, by in (("거시 분석", "model"), ("기술적 분석", "rules"), ("거시 분석", "model"), ("설명", "model"))
    ]
    pieces = [piece("text", "네."), piece("question", "맞나요?", ("맞아요", "고칠래요"))]
    result = TurnResult(in_words(pieces), ("intake", "respond"), {"pieces": pieces, "notices": told})
    messages, _ = messages_of(result, MESSAGE, THREAD)
    said = "거시 분석, 설명: 언어모델이 도왔어요.\n기술적 분석: 규칙으로 답했어요."
    assert [message.text for message in messages] == ["네.", said, "맞나요?"]
    resumed = TurnResult(in_words(pieces), ("order_desk", "respond"), {"pieces": pieces, "notices": told})
    assert len(messages_of(resumed, MESSAGE, THREAD)[0]) == 2


def test_a_full_budget_for_models_is_said_below_who_answered() -> None:
    notices = [
        {"code": "model_budget", "text": "예산이 다 찼어요."},
        {"code": "answered_by", "what": "설명", "by": "rules", "text": "", "why": "budget: x"},
    ]
    result = TurnResult("네.", ("intake", "respond"), {"pieces": [piece("text", "네.")], "notices": notices})
    messages, _ = messages_of(result, MESSAGE, THREAD)
    assert [message.text for message in messages] == ["네.", "설명: 규칙으로 답했어요.\n예산이 다 찼어요."]


def test_proposals_become_a_paper_and_their_question_does_not_ask_twice() -> None:
    rows = [
        {"ticker": "005930", "name": "삼성전자", "side": "buy", "qty": 10, "price": 72_000, "reason": "흐름이 좋아요."}
    ]
    words = "이렇게 제안해요.\n1) 삼성전자(005930) 10주 매수 72,000원"
    pieces = [
        piece("proposals", "이렇게 제안해요.", rows=rows, more=0, in_words=words),
        piece("question", "이대로 주문할까요?", ("주문할래요", "다음에"), in_words="주문하려면 '이대로 주문'"),
    ]
    result = TurnResult(f"{words}\n주문하려면 '이대로 주문'", values={"pieces": pieces})
    (message,), (paper,) = messages_of(result, MESSAGE, THREAD)
    assert message == Shown("이렇게 제안해요.", (Card("ProposalsCard", {"card_id": str(paper.card_id)}),))
    assert (paper.kind, paper.body) == ("proposals", {"proposals": rows, "more": 0})
    assert paper.card_id == uuid5(UUID(MESSAGE), "proposals:0")


def test_a_word_from_the_door_is_one_message() -> None:
    messages, papers = messages_of(TurnResult("이미 처리된 승인이에요."), MESSAGE, THREAD)
    assert (messages, papers) == ([Shown("이미 처리된 승인이에요.")], [])


def test_the_greeting_is_one_message_of_four_lines_on_a_phone_with_its_offers() -> None:
    pieces = [
        piece("badge", "규칙 모드예요."),
        piece("text", "안녕하세요!\n모의 시세예요.\n말씀해 주세요."),
        piece("question", "이렇게 시작할 수 있어요.", ("성향 알아보기", "종목 추천", "시장 보기", "도움말")),
    ]
    greeting = greeting_of(pieces)
    assert greeting.text.split("\n") == ["안녕하세요!", "모의 시세예요.", "규칙 모드예요."]
    (buttons,) = greeting.cards
    assert buttons.props["options"] == ["성향 알아보기", "종목 추천", "시장 보기", "도움말"]


def test_with_a_model_the_greeting_invites_instead() -> None:
    pieces = [piece("text", "안녕하세요!\n모의 시세예요.\n말씀해 주세요.")]
    assert greeting_of(pieces).text.split("\n") == ["안녕하세요!", "모의 시세예요.", "말씀해 주세요."]


def test_the_cards_that_a_page_shows_are_known_by_their_approval() -> None:
    rows: Any = element_rows(waiting_card(UUID(THREAD)), message_id=MESSAGE, thread_id=THREAD)
    assert approvals_in(rows) == {THREAD}
    assert approvals_in([{"name": "BookCard", "props": {}}]) == set()


def test_the_same_message_has_the_same_ids() -> None:
    message = Shown("네.", (Card("BookCard"), Card("Choices")))
    first, again = (element_rows(message, message_id=MESSAGE, thread_id=THREAD) for _ in range(2))
    assert first == again
    assert len({row["id"] for row in first}) == 2
    assert reply_id(MESSAGE, 0) == reply_id(MESSAGE, 0) != reply_id(MESSAGE, 1)


@pytest.mark.parametrize(
    ("said", "shown_as"),
    [
        ("10~20% 또는 30~40%", r"10\~20% 또는 30\~40%"),
        ("<script>*별*</script>", r"\<script\>\*별\*\</script\>"),
        ("1) 삼성전자", "1\u2060) 삼성전자"),
        ("- 하나", r"\- 하나"),
        ("손익 -3,000원", "손익 -3,000원"),
    ],
)
def test_a_text_is_shown_as_its_characters(said: str, shown_as: str) -> None:
    assert plain(said) == shown_as
