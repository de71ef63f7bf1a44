"""Plain data read value by value: whatever is wrong is noted, and a default stands in for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeGuard, TypeVar

from customer_tiering.engine.policy.parts import MAX_DAYS, MAX_NAME, MAX_NUMBER, Problem

T = TypeVar("T")


class Values:
	"""Reads values out of plain data and collects whatever is wrong on the way."""

	def __init__(self, data: Mapping[str, Any]):
		self.data = data
		self.problems: list[Problem] = []

	def _problem(self, template: str, *args: object) -> None:
		self.problems.append(Problem(template, args))

	def _known_keys(self, where: Problem, raw: Mapping[str, Any], known: set[str]) -> None:
		for key in raw:
			if key not in known:
				shown = str(key)[:MAX_NAME]
				near = get_close_matches(shown, sorted(known), n=1)
				if near:
					self._problem("{0}: {1} is not a field; did you mean {2}?", where, shown, near[0])
				else:
					self._problem("{0}: {1} is not a field; remove it.", where, shown)

	def _list(self, where: Problem, raw: Mapping[str, Any], key: str) -> list[Any]:
		value = raw.get(key)
		if is_empty(value):
			return []
		if isinstance(value, (list, tuple)):
			return list(value)
		self._problem("{0}: {1} must be a list.", where, key)
		return []

	def _objects(
		self, key: str, where: Problem, raw: Mapping[str, Any] | None = None
	) -> list[Mapping[str, Any]]:
		items = self._list(where, self.data if raw is None else raw, key)
		if not all(isinstance(item, Mapping) for item in items):
			self._problem("{0}: each entry of {1} must be an object.", where, key)
		return [item for item in items if isinstance(item, Mapping)]

	def _text(
		self,
		where: Problem,
		raw: Mapping[str, Any],
		key: str,
		default: str,
		required: bool = False,
		limit: int = MAX_NAME,
	) -> str:
		value = raw.get(key)
		if is_empty(value):
			if required:
				self._problem("{0}: {1} is missing; fill it in.", where, key)
			return default
		if not is_text(value):
			self._problem("{0}: {1} must be text.", where, key)
			return default
		if len(value) > limit:
			self._problem("{0}: {1} is longer than {2} characters; shorten it.", where, key, limit)
		return value.strip()

	def _texts(self, where: Problem, raw: Mapping[str, Any], key: str) -> list[str]:
		values = self._list(where, raw, key)
		if not all(is_text(value) and value.strip() for value in values):
			self._problem("{0}: each entry of {1} must be text.", where, key)
		return [value.strip() for value in values if is_text(value)]

	def _choice(
		self,
		where: Problem,
		raw: Mapping[str, Any],
		key: str,
		choices: Iterable[str],
		default: str,
		required: bool = False,
	) -> str:
		value = self._text(where, raw, key, default, required)
		if value and value not in choices:
			self._problem(
				"{0}: {1} cannot be {2}; choose one of {3}.",
				where,
				key,
				value[:MAX_NAME],
				", ".join(choices),
			)
			return default
		return value

	def _flag(self, where: Problem, raw: Mapping[str, Any], key: str, default: bool) -> bool:
		value = raw.get(key, default)
		if is_empty(value):
			return default
		if not isinstance(value, (bool, int, float)) or value not in (0, 1):  # true and false equal them
			self._problem("{0}: {1} must be true or false.", where, key)
			return default
		return bool(value)

	def _days(self, where: Problem, raw: Mapping[str, Any], key: str, default: int, least: int = 0) -> int:
		number = self._number(where, raw, key, default, least, MAX_DAYS, whole=True)
		return default if number is None else int(number)

	def _number(
		self,
		where: Problem,
		raw: Mapping[str, Any],
		key: str,
		default: float | None,
		low: float = -MAX_NUMBER,
		high: float = MAX_NUMBER,
		whole: bool = False,
		optional: bool = False,
	) -> float | None:
		value = raw.get(key, default)
		if is_empty(value):
			if default is None and not optional:
				self._problem("{0}: {1} is missing; fill it in.", where, key)
			return default
		if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < math.inf:
			self._problem("{0}: {1} must be a number.", where, key)
			return default
		if not low <= value <= high:
			shown = value if abs(value) <= MAX_NUMBER else "too large"
			self._problem("{0}: {1} is {2}; it must lie between {3} and {4}.", where, key, shown, low, high)
			return default
		if whole and value != int(value):
			self._problem("{0}: {1} is {2}; it must be a whole number.", where, key, value)
			return default
		return float(value) + 0.0  # no negative zero: it equals zero, but has another hash


def is_empty(value: object) -> bool:
	return value is None or (isinstance(value, str) and not value.strip())


def is_text(value: object) -> TypeGuard[str]:
	"""Whether a value is text that can be stored: half of a surrogate pair cannot."""
	if not isinstance(value, str):
		return False
	try:
		value.encode()
	except UnicodeEncodeError:
		return False
	return True


def same(items: Sequence[T], key: Callable[[T], Hashable]) -> Iterator[tuple[T, T]]:
	"""Pairs of a later and an earlier item with one key."""
	seen: dict[Hashable, T] = {}
	for item in items:
		if key(item) in seen:
			yield item, seen[key(item)]
		seen.setdefault(key(item), item)
