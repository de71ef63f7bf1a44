{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

tiering.label_list("Customer Follow-up", {
	reason: (reason) => __(reason, null, "Customer Follow-up"),
	status: (status) => __(status, null, "Customer Follow-up"),
});
