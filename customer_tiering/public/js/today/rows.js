// The rows of My customers today: a function per tab.
frappe.provide("tiering");

// How urgent a reason is, as a colour of the host's.
tiering.REASON_COLORS = {
	Falling: "red",
	Silent: "red",
	"Quotation Lapses": "orange",
	"Contact Due": "orange",
	"One Order from a Tier": "green",
	"Won Back": "green",
	"Second Order": "blue",
};

tiering.today_rows = {
	rows: (row) => tiering.html`<div class="customer" data-customer="${row.customer}">
		<i class="mark ${tiering.REASON_COLORS[row.reasons[0].reason]}"></i>
		<div class="who">${tiering.customer_link(row)}<div>${tiering.tier_pill(row)}
			<small>${row.revenue}</small></div>${row.late ? tiering.late_pill() : ""}</div>
		<div class="why">${row.reasons.map(tiering.told_reason)}
			<small>${row.detail}</small>${tiering.service_of(row)}</div>
		<div class="reach">${tiering.reach(row)}</div>
		<div class="acts">${tiering.act_buttons()}</div></div>`,

	later: (row) => tiering.html`<div class="customer short" data-customer="${row.customer}">
		<div class="who">${tiering.customer_link(row)} ${tiering.tier_pill(row)}</div>
		<div class="why">${row.text}</div><div class="on">${frappe.datetime.str_to_user(row.on)}</div>
		<div class="acts">${tiering.act_button("call", __("Log a Call"))}</div></div>`,

	others: (row) => tiering.html`<div class="customer short" data-customer="${row.customer}">
		<div class="who">${tiering.customer_link(row)} ${tiering.tier_pill(row)}</div>
		<div class="why">${row.reasons.map(tiering.told_reason)}</div>
		<div class="on">${__("With {0}", [row.with], "Customer Tiering")}</div>
		<div class="acts">${tiering.act_button("call", __("Log a Call"))}
			${tiering.act_button("take_back", __("Take Back"))}</div></div>`,

	done: (row) => tiering.html`<div class="customer short over">
		<div class="who">${tiering.customer_link(row)} ${tiering.tier_pill(row)}</div>
		<div class="why">${row.text}</div><div class="on">${frappe.datetime.str_to_user(row.on)}</div></div>`,

	team: ({ user, name, open, late, done }) => tiering.html`<a class="person" data-user="${user}"
		href="${tiering.address_of_today(user)}"><b>${name}</b><span>${__("{0} open", [open], "Customer Tiering")}</span>
		<span class="${late ? "late" : ""}">${__("{0} waiting too long", [late])}</span>
		<span>${__("{0} done in a week", [done])}</span></a>`,
};

tiering.customer_link = ({ customer, name }) =>
	tiering.html`<a class="name" href="${frappe.utils.get_form_link("Customer", customer)}">${name}</a>`;

tiering.tier_pill = ({ tier, tier_label }) => tiering.pill(tier_label, tiering.color(tier));

tiering.late_pill = () => tiering.pill(__("Shown to the Manager"), "red");

tiering.told_reason = ({ head, more }) =>
	tiering.html`<div class="reason"><b>${head}</b>${more ? tiering.html`<span>${more}</span>` : ""}</div>`;

// What his tier is to be given: at hand, and not in the way.
tiering.service_of = ({ service, tier_label }) =>
	service.length
		? tiering.html`<details><summary>${__("Service for {0}", [tier_label])}</summary>
			${service.map((one) => tiering.html`<p>${one}</p>`)}</details>`
		: "";

tiering.reach = ({ contact, phone, mail }) => {
	const call = phone && tiering.html`<a href="tel:${phone.replace(/[^\d+*#,;]/g, "")}">${phone}</a>`;
	const write = mail && tiering.html`<button class="mail" data-act="mail" title="${mail}">${mail}</button>`;
	return [contact, call, write].filter(Boolean).map((one) => tiering.html`<div>${one}</div>`);
};

tiering.act_button = (act, label, look = "btn-default") =>
	tiering.html`<button class="btn btn-sm ${look}" data-act="${act}">${label}</button>`;

tiering.act_buttons = () => [
	tiering.act_button("call", __("Log a Call"), "btn-primary"),
	tiering.act_button("quotation", __("Quotation")),
	tiering.act_button("mail", __("Mail…")),
	tiering.act_menu(__("Later", null, "Customer Tiering"), [
		["tomorrow", __("Tomorrow")],
		["three_days", __("In Three Days")],
		["monday", __("Next Monday")],
		["date", __("On a Date…")],
	]),
	tiering.act_menu(__("More", null, "Customer Tiering"), [
		["task", __("Task for Myself…")],
		["agree", __("Contacts Agreed…")],
		["hand_over", __("Hand Over…")],
		["skip", __("Skip…")],
	]),
];

tiering.act_menu = (label, acts) => {
	const choices = acts.map(
		([act, text]) => tiering.html`<button class="dropdown-item" data-act="${act}">${text}</button>`
	);
	return tiering.html`<div class="dropdown"><button class="btn btn-sm btn-default" data-toggle="dropdown"
		aria-expanded="false">${label} ▾</button><div class="dropdown-menu dropdown-menu-right">${choices}</div></div>`;
};
