"""The first five minutes, word for word: docs/first-minutes.md is what the program says, in twelve taps at most."""

from __future__ import annotations

from pathlib import Path

import pytest
from conversing import Talk, profiled

from nodes.account.talk import KNOWN_STARTERS, STARTERS
from nodes.respond.aftermath import NEXT, NEXT_RESTING
from nodes.respond.pieces import IN_WORDS, MAX_LINES, drawn
from nodes.respond.rules import ORDER_BUTTONS
from nodes.state import Piece

PAGE = Path(__file__).parents[2] / "docs" / "first-minutes.md"
SENTENCE = "2천만원으로 반도체 위주, 손실은 5%까지만"
MOST_TAPS = 12
APPROVE = "[승인]"
# Questions by their beginning, and the button that this person taps.
BUTTONS = {
    "서로 부딪치는 점이": "주식 비중을 낮추고 나머지는 현금성 상품에 두기",
    "나이가": "20~40세",
    "이 돈은 얼마": "3년 이상",
    "지금까지 해 본": "주식·주식형 펀드·원금비보장 ELS",
    "투자 상품을 얼마나": "조금 앎",
    "이번에 투자할": "10% 초과 20% 이하",
    "소득은": "일정하거나 늘어날 것 같음",
    "이 성향이": "맞아요",
    "이대로 주문할까요": "주문할래요",
}


class Minutes:
    """A conversation in which everything after the first sentence is a tap on a button that is there."""

    def __init__(self) -> None:
        self.talk = Talk()
        self.taps: list[str] = []
        self.asked: list[str] = []
        self.lines: list[str] = []

    async def go(self, answers: dict[str, str] = BUTTONS) -> None:
        await self._turn("안녕하세요")
        await self._turn(SENTENCE)
        while self.talk.approval_id is None:
            question = self.talk.pieces[-1]
            self.asked.append(question["text"])
            label = self._answer(question, answers)
            self.taps.append(label)
            await self._turn(label)
        self.taps.append(APPROVE)
        await self.talk.approve()
        self._keep(APPROVE)

    def _answer(self, question: Piece, answers: dict[str, str]) -> str:
        assert question["kind"] == "question", question
        text = question["text"].partition(") ")[2] if question["text"].startswith("(") else question["text"]
        label = next((label for start, label in answers.items() if text.startswith(start)), "")
        return label if label in question["options"] else question["options"][0]

    async def _turn(self, text: str) -> None:
        await self.talk.say(text)
        self._keep(text)

    def _keep(self, text: str) -> None:
        self.lines.append(f"나: {text}")
        for each in self.talk.pieces:
            assert drawn(each["text"]) <= MAX_LINES, each
            self.lines.append("쿼츠: " + each["text"].replace("\n", "\n      "))
            words = str(each["data"].get(IN_WORDS, ""))
            if words and each["kind"] != "question":
                card = words.removeprefix(each["text"]).strip("\n").split("\n")
                self.lines += [f"    | {line}" for line in card]
            if each["kind"] == "approval":
                self.lines += [f"    | {line}" for line in self.talk.replies[-1].split("\n")]
            if each["options"]:
                self.lines.append("      " + " ".join(f"[{label}]" for label in each["options"]))
        self.lines.append("")


async def test_page_holds_exactly_what_is_said() -> None:
    minutes = Minutes()
    await minutes.go()
    transcript = "\n".join(minutes.lines).strip()
    page = PAGE.read_text(encoding="utf-8")
    assert page.partition("```text\n")[2].partition("\n```")[0] == transcript, transcript
    assert f"{len(minutes.taps)} taps" in page


async def test_first_sentence_to_filled_order_takes_at_most_twelve_taps() -> None:
    minutes = Minutes()
    await minutes.go()
    assert len(minutes.taps) <= MOST_TAPS, minutes.taps
    assert "체결됐어요" in minutes.talk.replies[-1]
    assert minutes.talk.pieces[-1]["kind"] == "question"
    assert len(minutes.talk.pieces[-1]["options"]) == 3


async def test_what_the_sentence_said_is_not_asked_and_nothing_the_law_wants_is_left_out() -> None:
    minutes = Minutes()
    await minutes.go()
    stored = next(iter(minutes.talk.ports.desk.profiles.values()))[-1].content
    assert len(stored["answers"]) == 7
    numbered = [text for text in minutes.asked if text.startswith("(")]
    assert set(BUTTONS.values()) == {*minutes.taps} - {APPROVE}
    assert [text[:5] for text in numbered] == [f"({step}/6)" for step in range(1, 7)]
    assert not [text for text in minutes.asked if "얼마로 투자" in text or "손실이 나면" in text]
    quotes = [answer["quote"] for answer in stored["answers"].values()]
    assert all(quotes)  # every answer is the person's own word or tap


@pytest.mark.parametrize(
    "other",
    [
        {"나이가": "61세 이상"},
        {"이 돈은 얼마": "6개월 이하"},
        {"지금까지 해 본": "예금·적금·MMF", "투자 상품을 얼마나": "거의 모름"},
        {"이번에 투자할": "40% 초과"},
        {"나이가": "61세 이상", "소득은": "연금이 주 소득", "지금까지 해 본": "예금·적금·MMF"},
        {"서로 부딪치는 점이": "채권·채권혼합 ETF와 섞어서 투자하기", "이 돈은 얼마": "6개월 초과 1년 이하"},
    ],
)
async def test_other_people_need_no_more_taps(other: dict[str, str]) -> None:
    minutes = Minutes()
    await minutes.go({**BUTTONS, **other})
    assert len(minutes.taps) <= MOST_TAPS, minutes.taps


async def test_way_out_that_settles_two_contradictions_is_asked_once_and_both_are_shown() -> None:
    talk = Talk()
    await talk.say(SENTENCE, "1", "20~40세", "6개월 이하")
    assert "1년 안에 쓸 돈인데" in talk.replies[-1]
    assert "앞에서 고르신 대로" in talk.replies[-1]
    assert talk.asked == "experience"


async def test_yes_in_words_does_the_same_as_the_buttons() -> None:
    talk = Talk()
    await talk.say(
        SENTENCE, "주식 비중 낮추기", "30대", "5년 이상", "주식 해봤어요", "조금 알아요", "10%", "월급 받아요"
    )
    await talk.say("네")
    assert "이렇게 제안해요" in talk.replies[-1]
    await talk.say("네")
    assert talk.approval_id is not None


@pytest.mark.parametrize("label", [*STARTERS, *KNOWN_STARTERS, *NEXT, *NEXT_RESTING, *ORDER_BUTTONS])
async def test_button_of_an_earlier_message_still_means_what_it_says(label: str) -> None:
    talk = await profiled()
    await talk.say("추천해줘", "삼성전자 얼마야")  # the question behind the buttons is gone
    reply = await talk.say(label)
    assert "알아듣지 못했어요" not in reply
    assert "설명집에 없어요" not in reply


async def test_hello_after_the_opening_is_returned_and_does_not_greet_again() -> None:
    talk = Talk()
    await talk.say("안녕하세요")
    assert len(talk.pieces[-1]["options"]) == 4
    lines = [line for each in talk.pieces if each["kind"] != "badge" for line in each["text"].split("\n")]
    assert len(lines) <= 4
    await talk.say("안녕")
    assert "쿼츠예요" not in talk.replies[-1]
    assert talk.pieces[-1]["options"]
