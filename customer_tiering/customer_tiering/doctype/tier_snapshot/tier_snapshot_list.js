{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

tiering.own_list("Tier Snapshot", {
	tier: tiering.tier_label,
	lifecycle_stage: tiering.stage_label,
});
