"""The fixtures of the conversations."""

from tests.support.conversation_fixtures import *  # noqa: F403
