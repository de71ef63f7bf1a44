"""The plain orders that a forecast has to beat: whoever stands higher is less likely to buy again."""

from __future__ import annotations

import numpy as np

from customer_tiering.engine.exact import Floats, Ints
from customer_tiering.engine.measuring.ranking import middle_ranks

#: By name, as they are told; "Expected Purchases" is there where the purchases could be fitted.
RULES = ("Recency", "Frequency", "Recency and Frequency", "Own Gap", "Expected Purchases")


def plain_orders(silence: Ints, documents: Ints, gap: Floats, expected: Floats | None) -> dict[str, Floats]:
	"""Each rule's values, arrays of shape (customers,); higher where no purchase is expected.

	Args:
		silence: days since the last purchase.
		documents: purchases over all time.
		gap: the usual days between purchases, as the stages take it.
		expected: the expected purchases, if there are any.
	"""
	quiet, rare = silence.astype(np.float64), -documents.astype(np.float64)
	orders = {
		"Recency": quiet,
		"Frequency": rare,
		"Recency and Frequency": middle_ranks(quiet) + middle_ranks(rare),
		"Own Gap": quiet / gap,
	}
	if expected is not None and not np.isnan(expected).any():
		orders["Expected Purchases"] = -expected
	return orders
