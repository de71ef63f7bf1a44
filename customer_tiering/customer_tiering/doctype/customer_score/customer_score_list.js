{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

tiering.label_list("Customer Score", {
	tier: tiering.tier_label,
	lifecycle_stage: tiering.stage_label,
	rfm_segment: tiering.segment_label,
	override_mode: tiering.mode_label,
});
