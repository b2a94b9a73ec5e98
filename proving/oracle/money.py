"""What a trade costs, in whole won, worked out a second time from the published rates.

Source: 0.015 % a side, cut to one won (the schedule Quartz documents); 증권거래세법 시행령 and 농어촌특별세법 for
sales: KOSPI and KOSDAQ 0.20 % from 2026-01-01, funds free. Contract: integers only, no float, no fraction type; nothing
of Quartz is imported. Charges are those of an order's cumulative amount.
"""

from __future__ import annotations

FEE_PER_100_000 = 15
TAX_PER_10_000 = 20  # from 2026-01-01 on both boards


def fee_of(amount: int) -> int:
    return amount * FEE_PER_100_000 // 100_000


def tax_of(amount: int, *, sale: bool, fund: bool) -> int:
    return amount * TAX_PER_10_000 // 10_000 if sale and not fund else 0
