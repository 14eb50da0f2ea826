"""The sections of an archive. A new kind of data that belongs to accounts needs a section here, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from account_data.export import Json, chat_json, chat_keys, comparison_json, comparison_keys
from account_data.imports.comparisons import publish_comparisons, read_comparison, write_comparisons
from account_data.imports.conversations import publish_chats, read_chat, write_chats
from account_data.imports.images import image_json, image_keys, read_image
from account_data.imports.presets import (
    preset_json,
    preset_keys,
    read_preset,
    read_template,
    save_presets,
    template_json,
)
from account_data.imports.reader import Part
from accounts.models import User
from presets.models import Preset, PromptTemplate

FORMAT = "llmselect-archive"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Section:
    """One list of an archive.

    ``keys`` returns the keys of a user's rows. ``to_json`` receives one of them and the ids of the images exported so
    far, and returns the JSON, None if the row was deleted meanwhile. ``read`` validates one entry and returns unsaved
    rows. ``write`` writes those that the user does not have, in several transactions and hidden, given the time at
    which the import began. ``save`` shows them, or saves the rows if there is no ``write``, and returns their number;
    it is None if rows are saved with the entries that name them.
    """

    name: str
    keys: Callable[[User], list[int]]
    to_json: Callable[[int, set[str]], Json | None]
    read: Callable[[Part, User], Any]
    save: Callable[[User, Sequence[Any]], int] | None
    write: Callable[[User, Sequence[Any], datetime], None] | None = None


SECTIONS = (
    Section("images", image_keys, image_json, read_image, save=None),
    Section("conversations", chat_keys, chat_json, read_chat, publish_chats, write_chats),
    Section("comparisons", comparison_keys, comparison_json, read_comparison, publish_comparisons, write_comparisons),
    Section("presets", partial(preset_keys, Preset), preset_json, read_preset, partial(save_presets, Preset)),
    Section(
        "prompt_templates",
        partial(preset_keys, PromptTemplate),
        template_json,
        read_template,
        partial(save_presets, PromptTemplate),
    ),
)
