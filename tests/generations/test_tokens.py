from __future__ import annotations

import pytest

from generations.tokens import TokenCount, estimate_tokens

TEXTS = [
    "",
    "One two, three.",
    "extraordinarily long words 1234567 in_between",
    "世界 🌍\n\n```py\nx = 1\n```",
    "abc123def456",
]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize("text", TEXTS)
def test_a_count_in_pieces_equals_the_count_of_the_text(text: str, size: int) -> None:
    count = TokenCount()

    for start in range(0, len(text), size):
        count.add(text[start : start + size])

    assert count.tokens == estimate_tokens(text)
