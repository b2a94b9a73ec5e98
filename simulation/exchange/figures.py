"""Numbers as KIS writes them: text made from integers, never from floats."""

from __future__ import annotations


def ratio(part: int, whole: int, places: int = 2) -> str:
    """part ÷ whole in percent, half away from zero, as text."""
    if whole == 0:
        return "0." + "0" * places
    scaled = (abs(part) * 100 * 10**places * 2 // abs(whole) + 1) // 2
    sign = "-" if (part < 0) != (whole < 0) and scaled else ""
    return f"{sign}{scaled // 10**places}.{scaled % 10**places:0{places}d}"


def two_decimals(amount: int, quantity: int) -> str:
    scaled = amount * 100 // quantity if quantity else 0
    return f"{scaled // 100}.{scaled % 100:02d}"


def four_decimals(amount: int, quantity: int) -> str:
    """amount ÷ quantity with KIS's four decimals, cut."""
    scaled = amount * 10_000 // quantity if quantity else 0
    return f"{scaled // 10_000}.{scaled % 10_000:04d}"


def sign_of(change: int) -> str:
    return "2" if change > 0 else "5" if change < 0 else "3"
