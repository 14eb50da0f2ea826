"""One command that runs all of LLMSelect: ``python -m llmselect_project.run``.

prepare (migrate, collect static files) ─► Redis ─► web + worker ─► the address is printed
                                     signal, or a child that ends ─► web + worker end, then Redis
"""

from __future__ import annotations


class StartError(Exception):
    """LLMSelect cannot start; the message is a sentence for the person at the terminal."""
