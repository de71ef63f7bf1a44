"""A section of a review: a subject, what is said of it, its chart and its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from customer_tiering.review.tables import Table


@dataclass(frozen=True)
class Bars:
	"""Bars beside each other, a group per label; ``series`` by name, percentages or numbers of one kind."""

	says: str
	labels: Sequence[str]
	series: Mapping[str, Sequence[float]]
	kind: str = "percent"


@dataclass(frozen=True)
class Curves:
	"""Lines over 0 to 100 %, each by name: its points from left to right, evenly apart."""

	says: str
	across: str
	series: Mapping[str, Sequence[float]]
	labels: Sequence[str]


@dataclass(frozen=True)
class Section:
	"""A subject.

	Attributes:
		name: its place on the page: letters.
		title: its heading.
		says: sentences, a paragraph each.
		chart: what is drawn.
		tables: below the chart.
		do: what to do about it.
	"""

	name: str
	title: str
	says: Sequence[str]
	chart: Bars | Curves | None = None
	tables: Sequence[Table] = ()
	do: str = ""


@dataclass(frozen=True)
class Card:
	"""A figure that stands for itself, what it is, and a word more."""

	label: str
	value: str
	more: str = ""


@dataclass(frozen=True)
class Told:
	"""A whole review in the reader's language.

	Attributes:
		title: of the page.
		headline: sentences that say the most important.
		cards: the figures beside them.
		sections: in order.
	"""

	title: str
	headline: Sequence[str]
	cards: Sequence[Card]
	sections: Sequence[Section]
