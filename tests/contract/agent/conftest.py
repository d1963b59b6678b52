"""The fixtures of the agent's tests."""

from tests.support.agent_fixtures import *  # noqa: F403
