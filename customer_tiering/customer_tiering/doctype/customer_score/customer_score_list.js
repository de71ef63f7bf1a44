{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

tiering.own_list("Customer Score", {
	tier: tiering.tier_label,
	lifecycle_stage: tiering.stage_label,
	rfm_segment: tiering.segment_label,
	override_mode: tiering.mode_label,
});

tiering.phone_pill("Customer Score", (doc) =>
	doc.tier
		? [tiering.tier_label(doc.tier), tiering.color(doc.tier), "tier", doc.tier]
		: [tiering.stage_label(doc.lifecycle_stage), tiering.stage_color(doc.lifecycle_stage), "lifecycle_stage", doc.lifecycle_stage],
);
