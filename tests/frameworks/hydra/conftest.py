"""Hydra, for real: the fixtures of the client's tests."""

from tests.support.client_fixtures import *  # noqa: F403
