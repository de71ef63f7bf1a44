"""Names that the app adds to a site. They are read with every request, so this file imports nothing."""

MODULE = "Customer Tiering"
SETTINGS = "Customer Tiering Settings"
ROLE = "Tiering Manager"
#: What an evaluation writes on a Customer, and from which column of its scores.
GRADE_FIELDS = {
	"customer_tier": "tier",
	"tier_score": "score",
	"tier_revenue": "year_revenue",
	"lifecycle_stage": "lifecycle_stage",
	"rfm_segment": "rfm_segment",
}
#: Those of them that are numbers.
GRADE_NUMBERS = ("tier_score", "tier_revenue")
#: Another app adds metrics by a hook of this name; see ``site.reading.metrics_of_apps``.
METRICS_HOOK = "customer_tiering_metrics"
