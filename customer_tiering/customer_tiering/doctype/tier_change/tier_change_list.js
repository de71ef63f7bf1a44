{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

tiering.label_list("Tier Change", {
	from_tier: tiering.tier_label,
	to_tier: tiering.tier_label,
	from_stage: tiering.stage_label,
	to_stage: tiering.stage_label,
	cause: tiering.cause_label,
});
