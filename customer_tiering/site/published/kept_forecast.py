"""The forecast that everyone is foreseen by, as the Settings keep it."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import lru_cache
from typing import Any

from customer_tiering.engine import Policy
from customer_tiering.engine.forecast import Forecast
from customer_tiering.engine.forecast.features import OF_RULE, TELLS_OF


def as_text(forecast: Forecast, policy: Policy) -> str:
	"""As it is kept."""
	return json.dumps({"of": _of(policy), "forecast": forecast.as_data()}, allow_nan=False)


def usable(text: str | None, policy: Policy) -> Forecast | None:
	"""What is kept, if it was fitted on the documents and in the currency that this policy counts."""
	kept = _kept(text or "")
	return kept[1] if kept and kept[0] == _of(policy) else None


def told(text: str | None) -> dict[str, Any] | None:
	"""What is kept as data, with its check; None where there is nothing, or nothing that can be read."""
	return json.loads(text or "")["forecast"] if _kept(text or "") else None


def _of(policy: Policy) -> list[Any]:
	return [list(policy.companies), policy.currency]


@lru_cache(maxsize=4)
def _kept(text: str) -> tuple[list[Any], Forecast] | None:
	"""A worker reads the same one again and again. What cannot be read counts as not there."""
	with suppress(ValueError, TypeError, LookupError, AttributeError, RecursionError):
		stored = json.loads(text)
		forecast = Forecast.from_data(stored["forecast"])
		return (stored["of"], forecast) if _goes_by_known(forecast) else None
	return None


def _goes_by_known(forecast: Forecast) -> bool:
	"""Whether it goes by what this version looks at: another one may have looked at more."""
	regression = forecast.chance.logistic
	return regression is None or set(regression.terms) <= {*TELLS_OF, *OF_RULE}
