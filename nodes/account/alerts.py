"""Alerts in conversation: wishes about prices and news, switches by kind, quiet hours, and the inbox.

Contract: a rule is stored only when its name and its level are said; the answer repeats the rule in full, so that a
misheard one is seen. Nothing is guessed: without a side, the price that is now decides it, and a level that the price
has reached already is said to be so. Turning off ends rules and switches, never an order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid5

from domain.clock import KST, format_moment
from domain.hangul import josa
from domain.korean.reading import without_names
from domain.korean.text import plain
from domain.korean.watching import PriceWish, ends_quiet, hours_in, kinds_in, mood_in, price_wish
from domain.watch import BY_WISH, KIND_LABELS, MOST_RULES, AlertKind, AlertRule, Choices, Mood, rule_text
from nodes.account.context import Desk, Outcome, says
from nodes.account.wishes import FOREIGN, name_of

SHOWN = 5
RULED = (AlertKind.PRICE, AlertKind.NEWS)
HOW = (
    "이렇게 말해 주세요.\n· '삼성전자 8만원 넘으면 알려줘' · '카카오 5% 떨어지면 알려줘'\n"
    "· '현대차 뉴스 나오면 알려줘' · '체결 알림 켜줘' · '알림 목록'"
)
WHICH = "어느 종목인지 이름이나 종목코드와 함께 말씀해 주세요. 예: '삼성전자 8만원 넘으면 알려줘'"
LEVEL = "얼마가 되면 알려 드릴까요? '{name} 8만원 넘으면 알려줘'나 '{name} 5% 떨어지면 알려줘'처럼 말씀해 주세요."
FULL = f"알림은 {MOST_RULES}개까지 걸 수 있어요. '알림 목록'을 보고 몇 개를 꺼 주세요."
NO_PRICE = (
    "{name} 시세를 받지 못해서 방향을 정하지 못했어요. "
    "'{name} 8만원 넘으면'처럼 오를 때인지 내릴 때인지도 말씀해 주세요."
)
TOO_FAR = (
    "{name}의 지금 가격은 {price:,}원이에요. 알림 가격을 다시 말씀해 주세요. 예: '{name} {price:,}원 넘으면 알려줘'"
)


async def set_alert(desk: Desk) -> Outcome:
    """A rule, or a switch, whichever the sentence is about."""
    text = plain(without_names(desk.reading.text))
    wish, kinds = price_wish(text), kinds_in(text.text)
    switches = [kind for kind in kinds if kind not in RULED]
    if switches and not desk.reading.tickers:
        return await _switched(desk, switches, on=True)
    if desk.reading.tickers and AlertKind.NEWS in kinds:
        rules = [_rule(desk, ticker, AlertKind.NEWS, mood=mood_in(text.text)) for ticker in desk.reading.tickers]
        return await _kept(desk, rules, ())
    if desk.reading.foreign:
        return says(FOREIGN.format(name=desk.reading.foreign[0]))
    if switches and wish is None:
        return await _switched(desk, switches, on=True)
    if not desk.reading.tickers:
        return says(WHICH if wish is not None or RULED[1] in kinds else HOW)
    if wish is None:
        return says(LEVEL.format(name=name_of(desk, desk.reading.tickers[0])))
    return await _priced(desk, wish)


async def _priced(desk: Desk, wish: PriceWish) -> Outcome:
    rules: list[AlertRule] = []
    notes: list[str] = []
    for ticker in desk.reading.tickers:
        name = name_of(desk, ticker)
        quote = await desk.ports.market.quote(ticker)
        price = quote.price if quote.found else 0
        if wish.change_bps is not None:
            if wish.direction is None:
                return says(
                    f"{name}, 오를 때인가요 떨어질 때인가요? '{wish.change_bps / 100:g}% 떨어지면'처럼 말씀해 주세요."
                )
            sides = ("above", "below") if wish.direction == "either" else (wish.direction,)
            for side in sides:
                bps = wish.change_bps if side == "above" else -wish.change_bps
                rules.append(_rule(desk, ticker, AlertKind.PRICE, direction=side, change_bps=bps))
            continue
        level = wish.level or 0
        if price > 0 and wish.by and level * 2 < price:  # '5천원 떨어지면': a distance from now
            level = price - level if wish.direction == "below" else price + level
        if price <= 0 and wish.direction in (None, "either"):
            return says(NO_PRICE.format(name=name))
        if price > 0 and not price // 10 <= level <= price * 10:
            return says(TOO_FAR.format(name=name, price=price))
        side = wish.direction if wish.direction in ("above", "below") else "above" if level > price else "below"
        rules.append(_rule(desk, ticker, AlertKind.PRICE, direction=side, level=level))
        if price > 0 and (price >= level if side == "above" else price <= level):
            notes.append(f"{josa(name, '은/는')} 지금 {price:,}원이라 이미 그래요. 벗어났다가 다시 오면 알려 드릴게요.")
    return await _kept(desk, rules, notes)


def _rule(
    desk: Desk,
    ticker: str,
    kind: AlertKind,
    *,
    direction: str = "",
    level: int | None = None,
    change_bps: int | None = None,
    mood: Mood | None = None,
) -> AlertRule:
    """Named after the message, so that a replayed turn makes it once."""
    name = f"alert:{desk.message_id}:{ticker}:{kind.value}:{direction}"
    return AlertRule(
        rule_id=uuid5(desk.who.user_id, name),
        user_id=desk.who.user_id,
        account_ref=desk.who.account_ref,
        kind=kind,
        ticker=ticker,
        made_at=desk.now,
        direction=direction,
        level=level,
        change_bps=change_bps,
        mood=mood,
    )


async def _kept(desk: Desk, rules: Sequence[AlertRule], notes: Sequence[str]) -> Outcome:
    known = await desk.ports.watch.rules(desk.who.user_id)
    fresh = [rule for rule in rules if not any(rule.same_wish(other) for other in known)]
    if len(known) + len(fresh) > MOST_RULES:
        return says(FULL)
    for rule in fresh:
        await desk.ports.watch.add_rule(rule)
    for kind in {rule.kind for rule in rules}:
        choices = await desk.ports.watch.choices(desk.who.user_id)
        if not choices.wants(kind):  # asking for one turns its kind on again
            await _choose(desk, replace(choices, switched={**choices.switched, kind: True}))
    said = ", ".join(rule_text(rule, name_of(desk, rule.ticker)) for rule in rules)
    lead = f"알려 드릴게요: {said}." if fresh else f"이미 걸려 있어요: {said}."
    return says("\n".join([lead, *notes, "그만두려면 '알림 꺼줘'라고 해 주세요."]))


async def _switched(desk: Desk, kinds: Sequence[AlertKind], *, on: bool) -> Outcome:
    choices = await desk.ports.watch.choices(desk.who.user_id)
    await _choose(desk, replace(choices, switched={**choices.switched, **dict.fromkeys(kinds, on)}))
    named = ", ".join(KIND_LABELS[kind] for kind in kinds)
    return says(f"{named} 알림을 {'켰어요' if on else '껐어요'}.")


async def turn_off(desk: Desk) -> Outcome:
    """One name's rules, one kind, or all of it."""
    kinds = kinds_in(plain(without_names(desk.reading.text)).text)
    names = {*desk.reading.tickers, *desk.reading.avoided_tickers}
    rules = await desk.ports.watch.rules(desk.who.user_id)
    switches = [kind for kind in kinds if kind not in RULED]
    if switches and not names:
        return await _switched(desk, switches, on=False)
    ruled = [kind for kind in kinds if kind in RULED]
    gone = [rule for rule in rules if (not names or rule.ticker in names) and (not ruled or rule.kind in ruled)]
    await desk.ports.watch.end_rules(desk.who.user_id, [rule.rule_id for rule in gone], desk.now)
    if names or ruled:
        whose = ", ".join(sorted(name_of(desk, ticker) for ticker in names))
        what = "·".join(KIND_LABELS[kind] for kind in ruled)
        label = " ".join(part for part in (whose, what) if part)
        return says(f"{label} 알림 {len(gone)}개를 껐어요." if gone else f"{label} 알림은 걸려 있지 않아요.")
    choices = await desk.ports.watch.choices(desk.who.user_id)
    await _choose(desk, replace(choices, switched=dict.fromkeys(AlertKind, False)))
    return says(
        f"알림을 모두 껐어요. 걸어 둔 {len(gone)}개도 지웠어요. 다시 받으려면 '체결 알림 켜줘'처럼 말씀해 주세요."
    )


async def quiet_hours(desk: Desk) -> Outcome:
    """Sets, shows or ends them; without hours the usual night."""
    said = plain(desk.reading.text).text
    choices = await desk.ports.watch.choices(desk.who.user_id)
    if ends_quiet(said):
        await _choose(desk, replace(choices, quiet=False))
        return says("방해금지 시간을 껐어요. 이제 밤에도 모든 알림을 보내 드려요.")
    hours = hours_in(said)
    first, last = hours or (Choices({}).quiet_from, Choices({}).quiet_until)
    await _choose(desk, replace(choices, quiet_from=first, quiet_until=last, quiet=True))
    return says(
        f"{first:%H:%M}부터 {last:%H:%M}까지는 체결과 정지만 보내고, 나머지는 그 뒤에 보내 드릴게요. "
        "대화의 알림함에는 그대로 쌓여요."
    )


async def show_alerts(desk: Desk) -> Outcome:
    """What is set, and the newest of the inbox; what is shown counts as read."""
    watch, who = desk.ports.watch, desk.who.user_id
    rules, choices, newest = await watch.rules(who), await watch.choices(who), await watch.inbox(who, SHOWN)
    lines = []
    if newest:
        lines.append("최근 알림이에요.")
        lines += [f"· {_when(each.alert.at, desk)} {each.alert.text}" for each in newest]
        await watch.mark_read(who, [each.alert.key for each in newest if not each.read], "chat", desk.now)
    else:
        lines.append("아직 온 알림이 없어요.")
    if rules:
        lines.append("걸어 둔 알림")
        lines += [f"· {rule_text(rule, name_of(desk, rule.ticker))}" for rule in rules[:SHOWN]]
        lines += [f"· 그 밖에 {len(rules) - SHOWN}개"] if len(rules) > SHOWN else []
    on = [KIND_LABELS[kind] for kind in AlertKind if kind not in RULED and choices.wants(kind)]
    off = [KIND_LABELS[kind] for kind in AlertKind if kind in BY_WISH and not choices.wants(kind)]
    lines.append(f"켜 둔 것: {', '.join(on) or '없음'}" + (f" · 켤 수 있는 것: {', '.join(off)}" if off else ""))
    if choices.quiet:
        lines.append(f"방해금지: {choices.quiet_from:%H:%M}~{choices.quiet_until:%H:%M} (체결과 정지는 보내요)")
    return says("\n".join(lines))


async def unread_lines(desk: Desk, most: int = SHOWN) -> list[str]:
    """For a greeting: what came since the last look. Shown, they count as read."""
    found = await desk.ports.watch.inbox(desk.who.user_id, 50, unread_only=True)
    if not found:
        return []
    keys = [each.alert.key for each in found]
    await desk.ports.watch.mark_read(desk.who.user_id, keys, "chat", desk.now)
    lead = f"그동안 온 알림 {len(found)}건이에요." if len(found) < 50 else "그동안 온 알림이 많아요."
    lines = [lead, *(f"· {_when(each.alert.at, desk)} {each.alert.text}" for each in found[:most])]
    return [*lines, "더 보려면 '알림 목록'이라고 해 주세요."] if len(found) > most else lines


async def _choose(desk: Desk, choices: Choices) -> None:
    await desk.ports.watch.choose(desk.who.user_id, choices, desk.now)


def _when(at: datetime, desk: Desk) -> str:
    local = at.astimezone(KST)
    return f"{local:%H:%M}" if local.date() == desk.now.astimezone(KST).date() else format_moment(at)
