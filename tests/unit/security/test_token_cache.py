"""The daemon's view of the tokens: as the file is now, and none while it cannot be read."""

import pytest
from ashad.security import TokenFile
from ashad.security.token_cache import TokenCache
from ashad.security.tokens import DeniedError


class Now:
    def __init__(self):
        self.seconds, self.told = 1000.0, []

    def wall(self):
        return self.seconds

    def log(self, event, **facts):
        self.told.append((event, facts))


@pytest.fixture
def now():
    return Now()


@pytest.fixture
def tokens(tmp_path, now):
    return TokenFile(tmp_path / "tokens", now.wall)


@pytest.fixture
def cache(tokens, now):
    return TokenCache(tokens.path, now.wall, now.log)


def refused(cache, presented):
    with pytest.raises(DeniedError) as denied:
        cache.find(presented)
    return denied.value.reason


def test_what_was_just_made_is_found_and_what_was_just_revoked_is_not(tokens, cache):
    made, presented = tokens.create("worker")
    assert cache.find(presented).id == made.id
    assert cache.count == 1
    other, second = tokens.create("admin")
    assert cache.find(second).role == "admin"
    tokens.revoke(made.id)
    assert refused(cache, presented) == "TOKEN_REVOKED"
    assert cache.find(second).id == other.id
    assert cache.count == 1


def test_a_token_ends_with_its_time(tokens, cache, now):
    _, presented = tokens.create("viewer", lifetime_s=60)
    cache.find(presented)
    now.seconds += 60
    assert refused(cache, presented) == "TOKEN_EXPIRED"
    assert cache.count == 0


def test_a_wrong_secret_and_an_unknown_id_sound_alike(tokens, cache):
    made, presented = tokens.create("viewer")
    assert refused(cache, presented + "x") == refused(cache, "ash_0000_x") == "TOKEN_INVALID"
    assert cache.find(presented).id == made.id


def test_while_the_file_cannot_be_read_no_token_is_valid(tokens, cache, now):
    _, presented = tokens.create("admin")
    good = tokens.path.read_text()
    cache.find(presented)
    tokens.path.write_text("nonsense")
    for _ in range(3):
        assert refused(cache, presented) == "TOKEN_INVALID"
    ((event, facts),) = now.told  # once, not at each call
    assert event == "token_file_unreadable"
    assert "until it is fixed no token is valid" in facts["why"]
    tokens.path.write_text(good)
    cache.find(presented)


def test_a_file_that_is_taken_away_takes_its_tokens_with_it(tokens, cache):
    _, presented = tokens.create("admin")
    cache.find(presented)
    tokens.path.unlink()
    assert refused(cache, presented) == "TOKEN_INVALID"
