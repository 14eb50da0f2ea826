"""The lists of providers in README.md and docs/configuration.md, which follow from the kinds.

``python -m providers.kind_lists`` (or ``make provider-lists``) writes them between ``<!-- providers -->`` and
``<!-- end of providers -->``.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from providers.kinds import KINDS

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- providers -->\n).*?(\n *<!-- end of providers -->)", re.DOTALL)
WIDTH = 118


def readme_list() -> str:
    """Return the item of the README that names all providers."""
    vendors = ", ".join(kind.label for kind in KINDS.values() if kind.needs_key)
    *others, last = [kind.label for kind in KINDS.values() if kind.local]
    own = f"{', '.join(others)} and {last} on your own machine"
    text = f"- **Any model**: {vendors}; {own}; any OpenAI-compatible endpoint."
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def configuration_table() -> str:
    """Return the table of the providers' environment variables."""
    rows = ["| provider | key | base URL | default base URL |", "|---|---|---|---|"]
    for kind in KINDS.values():
        if kind.needs_key or kind.local:
            name, base_url = kind.slug.upper(), kind.base_url or kind.base_url_form
            rows.append(f"| {kind.label} | `{name}_API_KEY` | `{name}_BASE_URL` | `{base_url}` |")
    return "\n".join(rows)


LISTS = {ROOT / "README.md": readme_list, ROOT / "docs/configuration.md": configuration_table}


def written(path: Path) -> str:
    """Return the text of a file with its list as it has to be."""
    return BLOCK.sub(lambda match: f"{match[1]}{LISTS[path]()}{match[2]}", path.read_text())


if __name__ == "__main__":
    for file in LISTS:
        file.write_text(written(file))
