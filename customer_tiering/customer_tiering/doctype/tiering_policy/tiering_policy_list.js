{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

tiering.own_list("Tiering Policy", {
	title: tiering.policy_label,
	// What a person wrote stays; this one the installation writes.
	comment: (comment) => (comment === "Ready-made policy" ? __("Ready-made policy") : comment),
});
