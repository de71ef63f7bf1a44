{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

tiering.own_list("Rescore Request", {
	cause: tiering.cause_label,
});
