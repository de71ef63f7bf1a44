{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}
{% include "customer_tiering/public/js/today/rows.js" %}
{% include "customer_tiering/public/js/today/empty.js" %}
{% include "customer_tiering/public/js/today/acts.js" %}
{% include "customer_tiering/public/js/today/today.js" %}

frappe.pages["my-customers-today"].on_page_load = (wrapper) => {
	wrapper.today = new tiering.Today(wrapper);
};

// Whenever it is come back to: a quotation was written meanwhile, or a customer has ordered.
frappe.pages["my-customers-today"].on_page_show = (wrapper) => wrapper.today.open();
