"""Why a start comes to nothing."""

from __future__ import annotations


class StartError(Exception):
    """Something that has to be there is not; the message is a sentence for the person at the terminal."""
