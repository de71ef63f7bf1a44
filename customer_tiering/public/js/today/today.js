// My customers today: whose list it is, its figures and its tabs. Rows, acts and what is said of an empty list are in
// files of their own. More than one page may read this file: it declares no name of its own.
frappe.provide("tiering");

tiering.Today = class {
	constructor(wrapper) {
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("My Customers Today"), single_column: true });
		this.body = $(`<div class="tiering-today"></div>`).appendTo(this.page.main);
		this.acts = new tiering.TodayActs(this);
		this.tab = "";
		this.page.add_action_icon("refresh", () => this.load(), "", __("Refresh"));
		this.answer();
	}

	answer() {
		const on = (selector, action) =>
			this.body.on("click", selector, (event) => action($(event.currentTarget), event));
		on("[data-tab]", (tab) => this.choose(tab.attr("data-tab")));
		on("[data-card]", (card) => this.lead(this.data.cards[card.attr("data-card")].route));
		on("[data-user]", (link, event) => this.look_at(link.attr("data-user"), event));
		on("[data-action=why]", () => tiering.why_these(this.data));
		on("[data-action=make]", () => this.make());
		on("[data-action=morning]", () => this.mail_each_morning());
		on("[data-act]", (button) => this.acts.on(button));
	}

	// Whose: the address says it, whether it was typed, followed or come back to.
	open() {
		const options = frappe.route_options || {};
		const asked = new URLSearchParams(window.location.search).get("user") || options.user || "";
		delete options.user; // of this page alone; 16 goes on reading the others
		this.user = String(asked).replace(/^"|"$/g, ""); // 16 writes it into the address as JSON
		return this.load();
	}

	look_at(user, event) {
		if (event && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
		event?.preventDefault();
		event?.stopPropagation(); // the host's own handling of a link would lose whose list it is
		window.history.pushState(null, null, tiering.address_of_today(user));
		this.user = user;
		this.tab = "";
		return this.load();
	}

	load() {
		const args = { user: this.user || "" };
		return frappe
			.call({ method: "customer_tiering.api.today", type: "GET", args })
			.then(({ message }) => this.take(message));
	}

	take(data) {
		this.data = data;
		// The first list is made on the spot; later ones come with the night.
		if (this.is_mine() && data.on && !data.made && data.fresh && !this.has_tried) {
			this.has_tried = true;
			return this.make();
		}
		this.show();
	}

	make() {
		return frappe
			.call({ method: "customer_tiering.api.make_my_list", type: "POST", freeze: true })
			.then(() => this.load());
	}

	// What was done is seen at once; the list follows when it has come.
	leave(customer) {
		const rows = this.body.find("[data-customer]").filter((_place, row) => row.dataset.customer === customer);
		rows.addClass("leaving");
	}

	is_mine() {
		return this.data.user === frappe.session.user;
	}

	lead(route) {
		if (route) frappe.set_route("List", route.doctype, route.filters);
	}

	tabs() {
		const { rows, later, others, done, team, manager } = this.data;
		const tabs = [
			["rows", __("Today", null, "Customer Tiering"), rows],
			["later", __("Later", null, "Customer Tiering"), later],
			["others", __("With Others"), others],
			["done", __("Done", null, "Customer Tiering"), done],
		];
		return manager ? [...tabs, ["team", __("Team", null, "Customer Tiering"), team]] : tabs;
	}

	// A manager without customers of his own came to see the others.
	first() {
		const { customers, manager, team } = this.data;
		return !customers && manager && team.length ? "team" : "rows";
	}

	choose(tab) {
		this.tab = tab;
		this.show();
	}

	show() {
		const off = tiering.today_without_lists(this.data);
		this.body.html((off || this.markup()).toString());
		const picker = this.body.find(".pick-user");
		if (picker.length) this.pick(picker);
	}

	markup() {
		const chosen = this.tab || this.first();
		return tiering.html`${this.whose()}<p class="day">${this.day()}</p>
			${this.data.customers ? this.cards() : ""}
			<div class="tabs" role="tablist">${this.tabs().map((tab) => this.tab_markup(tab, chosen))}</div>
			<div class="list ${chosen}">${this.list(chosen)}</div>${this.foot(chosen)}`;
	}

	whose() {
		if (this.is_mine()) return "";
		const own = tiering.html`<a data-user="" href="${tiering.address_of_today("")}">${__("Back to My Own List")}</a>`;
		return tiering.html`<div class="whose">${__("This is the list of {0}.", [this.data.name])} ${own}</div>`;
	}

	day() {
		const { today, customers, rows, carried } = this.data;
		const parts = [tiering.weekday(today)];
		if (customers) parts.push(__("{0} of {1} customers", [rows.length, customers], "Customer Tiering"));
		if (carried) parts.push(__("{0} carried over", [carried]));
		return tiering.joined(parts, " · ");
	}

	cards() {
		const cards = this.data.cards.map(({ label, value, more, route }, place) => {
			const said = tiering.html`<span class="label">${label}</span><b>${value}</b><small>${more || "\u00a0"}</small>`;
			return route
				? tiering.html`<button class="figure" data-card="${place}">${said}</button>`
				: tiering.html`<div class="figure">${said}</div>`;
		});
		return tiering.html`<div class="figures">${cards}</div>`;
	}

	tab_markup([name, label, rows], chosen) {
		const is_on = name === chosen;
		return tiering.html`<button role="tab" data-tab="${name}" aria-selected="${is_on}">${label}
			<span class="count">${rows.length}</span></button>`;
	}

	list(chosen) {
		const [, , rows] = this.tabs().find(([name]) => name === chosen);
		const drawn = rows.map((row) => tiering.today_rows[chosen](row, this.data));
		if (chosen === "team") drawn.push(tiering.html`<div class="pick-user"></div>`);
		return rows.length || chosen === "team" ? drawn : tiering.today_empty(chosen, this.data, this.is_mine());
	}

	foot(chosen) {
		if (chosen !== "rows") return "";
		const { rows, fresh, customers } = this.data;
		const link = (action, label) => tiering.html`<a data-action="${action}">${label}</a>`;
		const parts = rows.length ? [this.stays(), link("why", __("Why these {0}?", [rows.length]))] : [];
		if (rows.length && fresh && this.is_mine()) {
			parts.push(link("make", __("There is room for {0} more: add them", [fresh])));
		}
		if (customers && this.is_mine()) parts.push(link("morning", this.morning()));
		return tiering.html`<p class="foot">${parts}</p>`;
	}

	stays() {
		const days = this.data.escalates_after;
		return days
			? __("What is not done today is here tomorrow; after {0} days your manager sees it.", [days])
			: __("What is not done today is here tomorrow.");
	}

	morning() {
		return this.data.mailed ? __("No longer mail me this list") : __("Mail me this list each morning");
	}

	mail_each_morning() {
		const args = { wanted: this.data.mailed ? 0 : 1 };
		return frappe
			.call({ method: "customer_tiering.api.mail_me_each_morning", type: "POST", args, freeze: true })
			.then(() => this.load());
	}

	// Also of somebody who has nothing to do, and is in no row.
	pick(picker) {
		const control = frappe.ui.form.make_control({
			parent: picker,
			df: { ...tiering.user_field(), label: __("Somebody's List"), change: () => {
				const user = control.get_value();
				if (user) this.look_at(user);
			} },
			render_input: true,
		});
	}
};

tiering.address_of_today = (user) =>
	frappe.router.make_url(["my-customers-today"]) + (user ? `?user=${encodeURIComponent(user)}` : "");

// A day with its weekday, as the reader's language has it.
tiering.weekday = (day) => {
	const date = new Date(`${day}T12:00:00`);
	const form = { weekday: "long", day: "numeric", month: "long" };
	try {
		return date.toLocaleDateString((frappe.boot.lang || "en").replace("_", "-"), form);
	} catch {
		return date.toLocaleDateString("en", form); // the host has languages that the browser does not know
	}
};
