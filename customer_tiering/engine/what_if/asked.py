"""Who is asked about: customers, with all that their grades hang on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from customer_tiering.engine.evaluate import Evaluation, evaluate
from customer_tiering.engine.facts import Facts
from customer_tiering.engine.forecast import Forecast
from customer_tiering.engine.policy import Policy
from customer_tiering.engine.scoring import CutPoints


@dataclass(frozen=True)
class Asked:
	"""What evaluates them again.

	Attributes:
		facts: their facts and nobody else's; arrays are in the order of its ``index``.
		policy: tiers, rules and parameters.
		as_of: today.
		previous: what was held of them; None: nothing.
		cut_points: from an evaluation of everyone.
		forecast: fitted on everyone; None: nothing is foreseen.
	"""

	facts: Facts
	policy: Policy
	as_of: date
	previous: pd.DataFrame | None
	cut_points: dict[str, dict[str, CutPoints]] | None
	forecast: Forecast | None = None

	def graded(self, facts: Facts, held: pd.DataFrame | None) -> Evaluation:
		"""Their grades as of today by other facts, from what was held."""
		return evaluate(facts, self.policy, self.as_of, held, self.cut_points, self.forecast)
