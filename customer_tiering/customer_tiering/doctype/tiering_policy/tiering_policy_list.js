{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

tiering.label_list("Tiering Policy", {
	title: tiering.policy_label,
});
