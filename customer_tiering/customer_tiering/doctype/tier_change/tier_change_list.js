{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

tiering.own_list("Tier Change", {
	from_tier: tiering.tier_label,
	to_tier: tiering.tier_label,
	from_stage: tiering.stage_label,
	to_stage: tiering.stage_label,
	cause: tiering.cause_label,
});

// What became of the customer: the tier where it changed, else the stage.
tiering.phone_pill("Tier Change", (doc) =>
	doc.to_tier && doc.to_tier !== doc.from_tier
		? [tiering.tier_label(doc.to_tier), tiering.color(doc.to_tier), "to_tier", doc.to_tier]
		: [tiering.stage_label(doc.to_stage), tiering.stage_color(doc.to_stage), "to_stage", doc.to_stage],
);
