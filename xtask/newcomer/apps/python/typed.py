"""What a type checker must take; run by mypy --strict."""

import holloway


def record(hw: holloway.Client, user: str) -> int:
    hw.for_user(user).track("Bought", {"sku": "boots", "price": 120})
    hw.for_anonymous("visitor-1").page("Home")
    return hw.queued_events
