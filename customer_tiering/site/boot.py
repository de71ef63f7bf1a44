"""What the desk knows from login on. Read with every login, so it imports nothing heavy."""

from typing import Any

import frappe

#: Another app adds metrics by a hook of this name; see ``site.given``.
METRICS_HOOK = "customer_tiering_metrics"


def extend_bootinfo(bootinfo: Any) -> None:
	"""The colour of each tier, once per login, so that a list need not ask for it row by row."""
	bootinfo.customer_tier_colors = dict(
		frappe.get_all("Customer Tier", fields=["name", "color"], as_list=True, order_by=None)
	)
	bootinfo.customer_tiering_metrics = sorted(frappe.get_hooks(METRICS_HOOK, {}))
