"""The fields that the app adds to ERPNext's DocTypes; install and uninstall both read them here."""

from customer_tiering.engine.segments import SEGMENTS
from customer_tiering.engine.stages import STAGES
from customer_tiering.names import MODULE

_OURS = {"module": MODULE, "read_only": 1, "no_copy": 1}

_TIER_ON_DOCUMENT = {
	**_OURS,
	"fieldname": "customer_tier",
	"fieldtype": "Link",
	"options": "Customer Tier",
	"label": "Customer Tier",
	"insert_after": "customer_name",
	"in_standard_filter": 1,
	"print_hide": 1,
	"description": "As it was when the document was made.",
	# Nothing is fetched by the form: it would keep one customer's tier for the next one who is chosen.
	"fetch_from": "",
	"fetch_if_empty": 0,
}

#: Documents that a Pricing Rule can price keep the tier of the time when they were made.
PRICED = ("Quotation", "Sales Order", "Delivery Note", "Sales Invoice", "POS Invoice")

CUSTOM_FIELDS: dict[str, list[dict[str, object]]] = {
	"Customer": [
		{
			"module": MODULE,
			"fieldname": "customer_tiering_section",
			"fieldtype": "Section Break",
			"label": "Customer Tiering",
			"insert_after": "prospect_name",
			"collapsible": 1,
		},
		{
			**_OURS,
			"fieldname": "customer_tier",
			"fieldtype": "Link",
			"options": "Customer Tier",
			"label": "Customer Tier",
			"insert_after": "customer_tiering_section",
			"in_list_view": 1,
			"in_standard_filter": 1,
			"search_index": 1,
		},
		{
			**_OURS,
			"fieldname": "tier_score",
			"fieldtype": "Float",
			"precision": "2",
			"label": "Tier Score",
			"insert_after": "customer_tier",
			"in_list_view": 1,
		},
		{
			**_OURS,
			"fieldname": "tier_revenue",
			# In whole units of the reporting currency; this long, the column holds rupiah too.
			"fieldtype": "Int",
			"length": 20,
			"label": "Revenue of 365 Days",
			"insert_after": "tier_score",
			"in_list_view": 1,
			"description": "As of the last grading, in the reporting currency.",
		},
		{
			**_OURS,
			"fieldname": "customer_tiering_column",
			"fieldtype": "Column Break",
			"insert_after": "tier_revenue",
		},
		{
			**_OURS,
			"fieldname": "lifecycle_stage",
			"fieldtype": "Select",
			"options": "\n" + "\n".join(STAGES),
			"label": "Life Cycle Stage",
			"insert_after": "customer_tiering_column",
			"in_list_view": 1,
			"in_standard_filter": 1,
		},
		{
			**_OURS,
			"fieldname": "rfm_segment",
			"fieldtype": "Select",
			"options": "\n" + "\n".join(SEGMENTS),
			"label": "RFM Segment",
			"insert_after": "lifecycle_stage",
			"in_standard_filter": 1,
		},
	],
	**{doctype: [_TIER_ON_DOCUMENT] for doctype in PRICED},
}
