"""The fixtures of the client's tests."""

from tests.support.client_fixtures import *  # noqa: F403
from tests.support.conversation_fixtures import *  # noqa: F403
