"""Constraints among parameters: a fixed small language, read once and asked often. Never evaluates.

    constraint := all ("or" all)*        all := one ("and" one)*
    one        := "not" one | "(" constraint ")" | sum compare sum
    compare    := "<" "<=" "==" "!=" ">=" ">"
    sum        := ["-"] term (("+" | "-") term)*
    term       := number ["*" name] | name | text in quotes | "true" | "false"

A name with other characters than letters, digits, _ and . stands in backticks. A constraint that
names a parameter which is not there in a configuration says nothing about it: it holds.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ashad.core.space import Choice, Constant, Domain, Params, Space, Value, When

MOST, MOST_CHARACTERS, MOST_TOKENS, DEEP = 100, 1000, 200, 16

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_.]*)|`(?P<quoted>[^`]*)`"
    r"""|'(?P<single>[^']*)'|"(?P<double>[^"]*)\""""
    r"|(?P<mark><=|>=|==|!=|[<>()+*-]))"
)
_COMPARES: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
_WORDS = ("and", "or", "not", "true", "false")


class ConstraintError(ValueError):
    """What is written is no constraint, or none of this space; says where and why."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A number of terms: factors of parameters and a constant, or one plain value."""

    terms: tuple[tuple[float, str], ...]
    constant: Value = 0

    def of(self, params: Params) -> Value:
        """Return its value; terms are added from left to right, the constant last."""
        if not self.terms:
            return self.constant
        if self.terms[0][0] == 1 and len(self.terms) == 1 and self.constant == 0:
            return params[self.terms[0][1]]
        total: float = 0
        for factor, name in self.terms:
            value = params[name]
            assert not isinstance(value, str)
            total += factor * value
        assert not isinstance(self.constant, str)
        return total + self.constant

    @property
    def plain(self) -> str | None:
        """Return the parameter that it is, where it is nothing else."""
        alone = len(self.terms) == 1 and self.terms[0][0] == 1 and self.constant == 0
        return self.terms[0][1] if alone else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sums compared."""

    left: Sum
    compare: str
    right: Sum

    def holds(self, params: Params) -> bool:
        """Whether it is so."""
        one, other = self.left.of(params), self.right.of(params)
        if self.compare in ("==", "!=") and (_flag(one) != _flag(other)):
            return self.compare == "!="  # true is not 1
        return _COMPARES[self.compare](one, other)

    def comparisons(self) -> Iterator[Comparison]:
        """Yield itself."""
        yield self


@dataclass(frozen=True, slots=True)
class Combination:
    """Several joined by `and` or `or`, or one that is denied."""

    word: str
    parts: tuple[Comparison | Combination, ...]

    def holds(self, params: Params) -> bool:
        """Whether it is so."""
        if self.word == "not":
            return not self.parts[0].holds(params)
        found = (part.holds(params) for part in self.parts)
        return all(found) if self.word == "and" else any(found)

    def comparisons(self) -> Iterator[Comparison]:
        """Yield all comparisons in it."""
        for part in self.parts:
            yield from part.comparisons()


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint, as written, and the parameters that it names."""

    text: str
    tree: Comparison | Combination
    names: tuple[str, ...]

    def holds(self, params: Params) -> bool:
        """Whether a configuration is allowed by it."""
        return any(name not in params for name in self.names) or self.tree.holds(params)


@lru_cache(maxsize=1024)
def parse(text: str) -> Constraint:
    """Read a constraint; raises `ConstraintError`."""
    if len(text) > MOST_CHARACTERS:
        raise ConstraintError(f"at most {MOST_CHARACTERS} characters")
    reader = _Reader(_tokens(text))
    tree = reader.either(0)
    if reader.next != ("end", ""):
        raise ConstraintError(f"ends before {reader.next[1]!r}")
    names = {
        name: None
        for comparison in tree.comparisons()
        for part in (comparison.left, comparison.right)
        for _, name in part.terms
    }
    if not names:
        raise ConstraintError("names no parameter")
    return Constraint(text, tree, tuple(names))


def broken(constraints: Iterable[str], params: Params) -> str | None:
    """Return the first constraint that a configuration breaks, or None."""
    return next((text for text in constraints if not parse(text).holds(params)), None)


def concerned(constraints: Iterable[str], space: Space, when: When) -> Space:
    """Return the part of a space that constraints are about: what they name, and its parents."""
    names = {name for text in constraints for name in parse(text).names}
    for name in reversed(space):  # a parent stands before its child
        if name in names:
            names |= {parent for parent, _ in when.get(name, ())}
    return {name: domain for name, domain in space.items() if name in names}


def mistakes(text: str, space: Space) -> Iterator[str]:
    """Yield what is wrong with a constraint in this space."""
    try:
        constraint = parse(text)
    except ConstraintError as error:
        yield f"{text[:100]!r}: {error}"
        return
    unknown = [name for name in constraint.names if name not in space]
    if unknown:
        yield f"{text[:100]!r}: there is no parameter {unknown[0][:200]!r} in the space"
        return
    for comparison in constraint.tree.comparisons():
        for fix in _typed(comparison, space):
            yield f"{text[:100]!r}: {fix}"


def _typed(comparison: Comparison, space: Space) -> Iterator[str]:
    left, right = comparison.left, comparison.right
    for one, other in ((left, right), (right, left)):
        name = one.plain
        counts = name is None or _is_number(space[name])
        if name is None:
            words = [n for _, n in one.terms if not _is_number(space[n])]
            if words:
                yield f"{words[0]} is no number and cannot be added"
        elif not counts and comparison.compare not in ("==", "!="):
            yield f"{name} is no number: compare it by == or !="
        elif not counts and not other.terms and space[name].accept(other.constant) is None:
            yield f"{name} {space[name].refuse(other.constant)}"
        elif counts and not other.terms and isinstance(other.constant, (str, bool)):
            yield f"{name} is a number, {other.constant!r} is none"
    if not left.terms and isinstance(left.constant, str) and not right.terms:
        yield "compares two constants"


def _is_number(domain: Domain) -> bool:
    if isinstance(domain, Choice):
        return all(not isinstance(c, (bool, str)) for c in domain.choices)
    return not isinstance(domain, Constant) or not isinstance(domain.value, (bool, str))


def _flag(value: Value) -> int:
    """Tell truth, text and numbers apart."""
    return 1 if isinstance(value, bool) else 2 if isinstance(value, str) else 0


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ConstraintError(f"cannot be read from {text[at:].strip()[:20]!r} on")
        kind, word = match.lastgroup, match[match.lastgroup]
        if kind == "name" and word in _WORDS:
            kind = "word"
        found.append((kind, word))
        at = match.end()
        if len(found) > MOST_TOKENS:
            raise ConstraintError(f"at most {MOST_TOKENS} words and marks")
    return [*found, ("end", "")]


class _Reader:
    """Reads tokens from left to right; each method one rule of the grammar."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at = tokens, 0

    @property
    def next(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def took(self, *tokens: tuple[str, str]) -> str:
        """Take the next token if it is one of these; return its word."""
        if self.next in tokens:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def either(self, depth: int) -> Comparison | Combination:
        parts = [self.both(depth)]
        while self.took(("word", "or")):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Combination("or", tuple(parts))

    def both(self, depth: int) -> Comparison | Combination:
        parts = [self.one(depth)]
        while self.took(("word", "and")):
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else Combination("and", tuple(parts))

    def one(self, depth: int) -> Comparison | Combination:
        if depth > DEEP:
            raise ConstraintError(f"nested deeper than {DEEP} levels")
        if self.took(("word", "not")):
            return Combination("not", (self.one(depth + 1),))
        if self.took(("mark", "(")):
            found = self.either(depth + 1)
            if not self.took(("mark", ")")):
                raise ConstraintError("a ( is not closed")
            return found
        left = self.sum()
        compare = self.took(*(("mark", mark) for mark in _COMPARES))
        if not compare:
            raise ConstraintError(f"needs one of {' '.join(_COMPARES)} before {self._shown()}")
        return Comparison(left, compare, self.sum())

    def sum(self) -> Sum:
        terms: list[tuple[float, str]] = []
        constant: float = 0
        sign = -1 if self.took(("mark", "-")) else 1
        first = True
        while True:
            kind, word = self.next
            self._at += 1
            if kind in ("single", "double") or (kind == "word" and word in ("true", "false")):
                if not first or sign < 0:
                    raise ConstraintError(f"{word!r} cannot be added")
                return Sum((), word == "true" if kind == "word" else word)
            if kind == "number":
                number = float(word) if re.search(r"[.eE]", word) else int(word)
                if self.took(("mark", "*")):
                    terms.append((sign * number, self._name()))
                else:
                    constant += sign * number
            elif kind in ("name", "quoted"):
                terms.append((sign, word))
            else:
                self._at -= 1
                raise ConstraintError(f"needs a parameter or a value before {self._shown()}")
            mark = self.took(("mark", "+"), ("mark", "-"))
            if not mark:
                return Sum(tuple(terms), constant)
            sign, first = (1 if mark == "+" else -1), False

    def _name(self) -> str:
        kind, word = self.next
        if kind not in ("name", "quoted"):
            raise ConstraintError("only a number times a parameter can be multiplied")
        self._at += 1
        return word

    def _shown(self) -> str:
        return repr(self.next[1]) if self.next[0] != "end" else "its end"
