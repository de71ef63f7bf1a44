"""How often a customer is to be contacted, and when next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

#: States of a cadence, from the quietest on.
NONE, PAUSED, ON_TRACK, DUE_SOON, DUE, OVERDUE, NEVER = (
	"None", "Paused", "On Track", "Due Soon", "Due", "Overdue", "Never Contacted",
)  # fmt: skip
#: So many days before its day a contact is due soon.
SOON = 7


@dataclass(frozen=True)
class Interval:
	"""What a tier asks for.

	Attributes:
		days: between two contacts; 0: none is asked for.
		by_stage: the same for customers in some stages, in its place.
		apart: a customer is left in peace for so many days after a contact, unless a contact is due.
	"""

	days: int = 0
	by_stage: Mapping[str, int] = field(default_factory=dict)
	apart: int = 0

	def of(self, stage: str | None) -> int:
		"""Days between two contacts with a customer in a stage; 0: none."""
		return self.by_stage.get(stage or "", self.days)


@dataclass(frozen=True)
class Agreed:
	"""What was agreed about one customer, in place of what his tier asks for; each until its last day.

	Attributes:
		days: between two contacts; 0: as his tier has it.
		until: the last day of that; None: without end.
		paused_until: the last day on which no contact is due; None: he is not paused.
	"""

	days: int = 0
	until: date | None = None
	paused_until: date | None = None

	def days_on(self, day: date) -> int:
		"""The interval of his own that holds on a day; 0: none does."""
		return self.days if self.until is None or self.until >= day else 0


@dataclass(frozen=True)
class Cadence:
	"""When one customer is to be contacted next.

	Attributes:
		days: between two contacts; 0: none is asked for.
		due: the day of the next contact; None: none is asked for. Who was never contacted is due since
			``asked_since``.
		state: one of the states above.
	"""

	days: int
	due: date | None
	state: str


def cadence_of(
	interval: Interval,
	stage: str | None,
	agreed: Agreed,
	last_contact: date | None,
	asked_since: date,
	as_of: date,
) -> Cadence:
	"""When a customer is to be contacted next.

	Args:
		interval: of his tier.
		stage: where he is in the life cycle.
		agreed: about him.
		last_contact: the day of the last one that counts, not after ``as_of``; None: never.
		asked_since: since when contacts are asked for, such as since he holds his tier.
		as_of: today.
	"""
	days = agreed.days_on(as_of) or interval.of(stage)
	if not days:
		return Cadence(0, None, NONE)
	due = last_contact + timedelta(days=days) if last_contact else min(asked_since, as_of)
	paused = agreed.paused_until
	if paused is not None and paused >= as_of:
		return Cadence(days, max(due, paused + timedelta(days=1)), PAUSED)
	return Cadence(days, due, _state(due, last_contact, as_of))


def _state(due: date, last_contact: date | None, as_of: date) -> str:
	if last_contact is None:
		return NEVER
	if due < as_of:
		return OVERDUE
	if due == as_of:
		return DUE
	return DUE_SOON if due <= as_of + timedelta(days=SOON) else ON_TRACK
