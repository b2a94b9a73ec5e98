"""`quartz rebalance --user NAME`: bring what outgrew its limit back and suggest exits, by hand; as `quartz cycle`."""

from __future__ import annotations

from ui.commands.cycle import run_by_hand


def main(arguments: list[str]) -> int:
    return run_by_hand("rebalance", "한도를 넘은 비중을 되돌리고 손절·익절 기준을 적어 둬요.", arguments)
