"""The command that runs all of LLMSelect: ``python -m llmselect_project.run``, or ``make run``.

prepare (migrate, collect static files) ─► Redis ─► web + worker ─► the URL is printed
                                     web or worker ends ─► it is started again, Redis keeps its data
                                     signal, Redis ends, or too many crashes ─► web + worker end, then Redis
"""

from __future__ import annotations


class StartError(Exception):
    """Raised if LLMSelect cannot start; the message is a sentence for the user at the terminal."""
