// What the pages of the app share in the browser: markup into which nothing gets by accident, and a tier's colour.
// More than one page reads this file, so it declares no name of its own: a second reading would stumble over it.
frappe.provide("tiering");

// Text that is markup already. The first such class stays: what was made by it is still known after a reading.
tiering.Markup = tiering.Markup || class extends String {};
tiering.markup = (text) => new tiering.Markup(text);

tiering.escaped = (value) => {
	if (Array.isArray(value)) return value.map(tiering.escaped).join("");
	if (value instanceof tiering.Markup) return value.toString();
	return frappe.utils.escape_html(String(value ?? ""));
};

// A template, tiering.html`<b>${name}</b>`: whatever is put into it is escaped, unless it comes from a template too.
tiering.html = (parts, ...values) =>
	tiering.markup(String.raw({ raw: parts }, ...values.map(tiering.escaped)));

// A translated text with its {0}, {1}, … filled in. Unlike those that the host fills in, they may be markup.
tiering.sentence = (text, ...values) =>
	tiering.markup(tiering.escaped(text).replace(/\{(\d)\}/g, (_, place) => tiering.escaped(values[place])));

tiering.joined = (values, between) => tiering.markup(values.map(tiering.escaped).join(between));

// A tier's colour by the name that the host's pills have for it: gray if there is no such tier.
tiering.color = (tier) =>
	((frappe.boot.customer_tier_colors || {})[tier] || "Gray").toLowerCase().replace(" ", "-");

tiering.STAGE_COLORS = {
	Prospect: "gray",
	Engaged: "light-blue",
	New: "blue",
	Active: "blue",
	Growing: "green",
	Loyal: "green",
	"Won Back": "green",
	Declining: "orange",
	"At Risk": "red",
	Lost: "gray",
};
tiering.stage_color = (stage) => tiering.STAGE_COLORS[stage] || "gray";

tiering.pill = (label, color) =>
	tiering.html`<span class="indicator-pill no-indicator-dot whitespace-nowrap ${color}"><span>${label}</span></span>`;
