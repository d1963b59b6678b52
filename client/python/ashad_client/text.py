"""Text that is typed or printed: durations, addresses, numbers, and hostile text made safe. Pure.

The one parser of each, for the client, the agent, the command line and the daemon.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

DURATION_FORM = 'a duration such as "90s", "12m" or "3h50m", or a number of seconds'
_DURATION = re.compile(
    r"(?:([0-9]{1,8})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,10})m)?(?:([0-9]{1,12}(?:\.[0-9]{1,9})?)s?)?"
)
_SECONDS = (86400, 3600, 60, 1)
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.%\w]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def seconds_from_text(text: str) -> Decimal:
    """Read "90", "90s", "12m", "3h50m", "1d" or "1.5s"; exact. Raises `ValueError`."""
    match = _DURATION.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ValueError(f"must be {DURATION_FORM}")
    parts = zip(match.groups(), _SECONDS)
    return sum((Decimal(part) * unit for part, unit in parts if part), Decimal(0))


def split_address(address: str) -> tuple[str, int]:
    """Split HOST:PORT, an IPv6 host in brackets, which are taken off. Raises `ValueError`."""
    match = _ADDRESS.fullmatch(address)
    if not match or int(match[2]) > 65535:
        raise ValueError(f'"{address}" is not HOST:PORT, such as 127.0.0.1:2742')
    return match[1].strip("[]"), int(match[2])


def number(value: float) -> str:
    """Write a number for people: whole numbers in full, others in six digits."""
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def count(many: int, noun: str) -> str:
    """Write '1 trial', '2 trials', '405 epochs'."""
    return f"{many:,} {noun}" if many == 1 or noun.endswith("s") else f"{many:,} {noun}s"


def split_targets(address: str) -> list[str]:
    """Split addresses by their commas; what names its scheme is one, commas and all."""
    if re.match(r"(dns|ipv4|ipv6|unix|unix-abstract):", address):
        return [address]
    return address.split(",")


def clean(text: str) -> str:
    r"""Escape what could drive a terminal or forge a line, as \n, \x1b or \u202e."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        ascii(char)[1:-1] if unicodedata.category(char) in _UNSAFE else char for char in text
    )
