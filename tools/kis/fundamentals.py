"""A company's yearly or quarterly ratios (live, and the paper exchange's made-up ones).

Rates are percent, `eps`, `sps` and `bps` won a share; what the broker leaves empty is None. Rows come newest first.
Source: finance/financial-ratio FHKST66430300.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tools.kis.budget import Priority
from tools.kis.environment import Feature
from tools.kis.fields import Row, rows
from tools.kis.rest import Rest


@dataclass(frozen=True, slots=True)
class Ratios:
    """One period; `period` is the month in which it ended, YYYYMM."""

    period: str
    sales_growth: Decimal | None
    operating_growth: Decimal | None
    net_growth: Decimal | None
    roe: Decimal | None
    eps: Decimal | None
    sps: Decimal | None
    bps: Decimal | None
    reserves: Decimal | None
    debt: Decimal | None


class Finance:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def ratios(
        self, ticker: str, *, quarters: bool = False, priority: Priority = Priority.QUOTE
    ) -> tuple[Ratios, ...]:
        """Empty for funds and unknown names. Raises NotOffered where the environment has no such call."""
        self._rest.need(Feature.FINANCE)
        page = await self._rest.get(
            "/finance/financial-ratio",
            "FHKST66430300",
            {
                "FID_DIV_CLS_CODE": "1" if quarters else "0",
                "fid_cond_mrkt_div_code": "J",
                "fid_input_iscd": ticker,
            },
            priority=priority,
        )
        found = [one for one in map(parse_ratios, rows(page.body, "output")) if one is not None]
        return tuple(sorted(found, key=lambda one: one.period, reverse=True))


def parse_ratios(item: Row) -> Ratios | None:
    """None for a line without a period."""
    period = item.text("stac_yymm")
    if period is None or len(period) != 6 or not period.isdecimal():
        return None
    return Ratios(
        period=period,
        sales_growth=item.decimal("grs"),
        operating_growth=item.decimal("bsop_prfi_inrt"),
        net_growth=item.decimal("ntin_inrt"),
        roe=item.decimal("roe_val"),
        eps=item.decimal("eps"),
        sps=item.decimal("sps"),
        bps=item.decimal("bps"),
        reserves=item.decimal("rsrv_rate"),
        debt=item.decimal("lblt_rate"),
    )
