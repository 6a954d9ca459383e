"""Numbers drawn from names: the same name always draws the same number.

Every number of the provider server comes from here, so that it needs no data, and two
servers (or a server and a test) agree without talking to each other.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

#: How fast the heavy tail of counts falls: 43 % are zero, 14 % above 10, 0.4 % above 1,000.
TAIL_EXPONENT = 0.8


def draw(*name: object) -> int:
    """A whole number of 64 bits that depends on the name alone."""
    text = "\x1f".join(map(str, name))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def fraction(*name: object) -> float:
    """A number from 0 (included) to 1 (excluded)."""
    return (draw(*name) >> 11) / (1 << 53)


def between(low: int, high: int, *name: object) -> int:
    """A whole number from low to high, both included."""
    return low + draw(*name) % (high - low + 1)


def pick(choices: Sequence[T], *name: object) -> T:
    """One of the choices."""
    return choices[draw(*name) % len(choices)]


def heavy_tailed(largest: int, *name: object) -> int:
    """A count as citations are spread: many zeros, a few large ones, none above largest."""
    return min(largest, int((1 - fraction(*name)) ** (-1 / TAIL_EXPONENT)) - 1)


def rare(chance: float, largest: int, *name: object) -> int:
    """A count that is zero but for a chance, and then 1 or more with a heavy tail."""
    if fraction("rare", *name) >= chance:
        return 0
    return min(largest, 1 + heavy_tailed(largest, *name))
