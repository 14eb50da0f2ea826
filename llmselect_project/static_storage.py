"""Static files with a hash of their content in their names, so that browsers may keep them for good."""

from __future__ import annotations

from servestatic.storage import CompressedManifestStaticFilesStorage

# Django's own `support_js_module_import_aggregation` also follows type imports in comments, which packages have.
IMPORT = (r"""(?P<matched>from "(?P<url>\./[^"]+)";)""", 'from "%(url)s";')


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Puts the hashes into imports of our JavaScript modules too, so that no module meets an older one in a cache."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", (IMPORT,)))
