"""The tree of a conversation's messages, by primary keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from conversations.models import Conversation, Message


@dataclass(frozen=True, slots=True)
class MessageTree:
    """The parent and the children (oldest first) of every message; first messages have the parent None."""

    parents: dict[int, int | None]
    children: dict[int | None, list[int]]

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[int, int | None]]) -> MessageTree:
        """Build the tree from ``(message, parent)`` pairs."""
        parents = dict(sorted(pairs))
        children: dict[int | None, list[int]] = defaultdict(list)
        for message, parent in parents.items():
            children[parent].append(message)
        return cls(parents, dict(children))

    def path(self, leaf: int | None) -> list[int]:
        """Return the messages from the first one to ``leaf``."""
        path = []
        while leaf is not None:
            path.append(leaf)
            leaf = self.parents[leaf]
        return path[::-1]

    def branches(self, message: int) -> list[int]:
        """Return the message and its siblings, oldest first."""
        return self.children[self.parents[message]]

    def leaf_below(self, message: int | None) -> int | None:
        """Return the last message of the newest branch below ``message``."""
        while children := self.children.get(message):
            message = children[-1]
        return message


def message_tree(conversation: Conversation) -> MessageTree:
    """Return a conversation's tree; one query, which loads no text."""
    return MessageTree.from_pairs(Message.objects.filter(conversation=conversation).values_list("pk", "parent"))
