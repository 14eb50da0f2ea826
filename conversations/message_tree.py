"""The tree of a conversation's messages, by their ids: which branch is shown, and what stands beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from conversations.models import Conversation, Message


@dataclass(frozen=True, slots=True)
class Thread:
    """Parents and children (oldest first) of every message; the first messages stand below None."""

    parents: dict[int, int | None]
    children: dict[int | None, list[int]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int | None]]) -> Thread:
        """From ``(message, parent)`` pairs."""
        parents = dict(sorted(pairs))
        children: dict[int | None, list[int]] = defaultdict(list)
        for message, parent in parents.items():
            children[parent].append(message)
        return cls(parents, dict(children))

    def path(self, leaf: int | None) -> list[int]:
        """From the first message to ``leaf``."""
        path = []
        while leaf is not None:
            path.append(leaf)
            leaf = self.parents[leaf]
        return path[::-1]

    def branches(self, message: int) -> list[int]:
        """The message and those beside it."""
        return self.children[self.parents[message]]

    def leaf_below(self, message: int | None) -> int | None:
        """The end of the newest branch that goes on from a message."""
        while below := self.children.get(message):
            message = below[-1]
        return message


def thread(conversation: Conversation) -> Thread:
    """A conversation's tree; one query without any text."""
    return Thread.of(Message.objects.filter(conversation=conversation).values_list("pk", "parent"))
