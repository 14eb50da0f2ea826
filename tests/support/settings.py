"""The settings of the tests: those of LLMSelect, with a hash that does not take a third of a second per password."""

from llmselect_project.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The storage of a user is counted on another connection, which would outlive a test.
STORAGE_PER_USER_MB = 0
