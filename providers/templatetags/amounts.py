"""Template filters for amounts."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def tokens(number: int | None) -> str:
    """Return 1050000 as 1,050,000."""
    return "" if number is None else f"{number:,}"


@register.filter
def dollars(amount: Decimal | None) -> str:
    """Return dollars with all decimal places, but at least two: $2.50, $0.0375."""
    if amount is None:
        return ""
    if amount == 0:
        return "free"
    places = -int(amount.normalize().as_tuple().exponent)
    return f"${amount:,.{max(2, places)}f}"


@register.filter
def duration(seconds: float | None) -> str:
    """Return seconds as people read them: "12.3 s", from a minute on "2:10"."""
    if seconds is None:
        return ""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
