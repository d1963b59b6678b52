"""Randomness without a generator: a number is a function of what it is for, so no state is kept."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np


def uniform(seed: int, trial: int, name: str) -> float:
    """Return a number of [0, 1) that depends on nothing but its arguments: 53 bits of BLAKE2b."""
    digest = blake2b(f"{seed}/{trial}/{name}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) * 2.0**-53


def uniforms(seed: int, trial: int, name: str, count: int) -> list[float]:
    """Return so many numbers of [0, 1), eight a digest."""
    digests = b"".join(
        blake2b(f"{seed}/{trial}/{name}/{block}".encode()).digest() for block in range(0, count, 8)
    )
    bits = np.frombuffer(digests, ">u8") >> np.uint64(11)
    found: list[float] = (bits * 2.0**-53).tolist()
    return found[:count]


def shuffled(seed: int, name: str, count: int) -> list[int]:
    """Return the numbers below `count` in an order that depends on the other arguments."""
    keys = uniforms(seed, 0, name, count)
    return sorted(range(count), key=keys.__getitem__)


def training_seed(seed: int, trial: int) -> int:
    """Return a seed of 31 bits for the training of a trial, the same for each of its attempts."""
    return int(uniform(seed, trial, "/training") * 2**31)
