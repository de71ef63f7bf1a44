"""What the Customer form's Connections list of ours. Read with a DocType's meta, so it imports nothing."""

from typing import Any

from customer_tiering.wording.texts import _


def customer(data: dict[str, Any]) -> dict[str, Any]:
	"""The form's dashboard, with the customer's score and his changes; counts are the host's own."""
	ours = {"label": _("Customer Tiering"), "items": ["Customer Score", "Tier Change"]}
	return {**data, "transactions": [*data.get("transactions", []), ours]}
