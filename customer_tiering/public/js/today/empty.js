// What is said where there is nothing to list, so that the reader knows what to do; and why the list is as it is.
frappe.provide("tiering");

// The page where no lists are kept, or nobody is graded; nothing where there are lists.
tiering.today_without_lists = (data) => {
	if (!data.on) return tiering.lists_are_off(data);
	if (data.cards) return null;
	const why = data.why || __("Customers have not been graded yet. The first grading runs in the background; come back in a few minutes.");
	return tiering.said_instead(__("No Grades Yet"), why);
};

tiering.lists_are_off = ({ ask }) => {
	const title = __("Lists of Customers to Contact Are Switched Off");
	if (["Tiering Manager", "System Manager", "Administrator"].some((role) => frappe.user.has_role(role))) {
		// 16 opens a tab by its name, 15 only by a field on it.
		const place = parseInt(frappe.boot.versions.frappe) < 16 ? "follow_ups" : "acting_tab";
		const address = `${frappe.router.make_url(["customer-tiering-settings"])}#${place}`;
		const link = tiering.html`<a class="btn btn-primary btn-sm" href="${address}">${__("Open the Settings")}</a>`;
		return tiering.said_instead(title, __("Switch them on in the settings, on the tab Acting."), link);
	}
	const whom = ask.length
		? tiering.sentence(__("Ask {0} to switch them on."), tiering.listed(ask))
		: __("Ask a Tiering Manager to switch them on.");
	return tiering.said_instead(title, whom);
};

tiering.said_instead = (title, text, action = "") =>
	tiering.html`<div class="instead"><b>${title}</b><p>${text}</p>${action}</div>`;

tiering.today_empty = (tab, data, is_mine) => {
	const said = {
		later: [__("Nothing Later"), __("Here come customers who were put off, and contacts that are due within a week.")],
		others: [__("Nobody Is with Others"), __("Here are your customers whom you have handed over, until they are done.")],
		done: [__("Nothing Done Yet"), __("Here is what was done in the last week, and what closed by itself.")],
	}[tab];
	return said ? tiering.said_instead(...said) : tiering.nothing_today(data, is_mine);
};

tiering.nothing_today = ({ customers, fresh, later, done }, is_mine) => {
	if (!customers) {
		return tiering.said_instead(
			is_mine ? __("Nobody Is Looked After by You") : __("Looks After Nobody"),
			__("Customers are yours if you are their Account Manager, or if the first sales person of their sales team is an employee with your user. Both are on the Customer form.")
		);
	}
	if (fresh && is_mine) {
		const button = tiering.html`<button class="btn btn-primary btn-sm" data-action="make">${__("Make My List Now")}</button>`;
		const text = __("The next list comes with the night. Customers who could be contacted already: {0}.", [fresh]);
		return tiering.said_instead(done.length ? __("All Done") : __("No List Yet"), text, button);
	}
	const text = later.length
		? __("No customer gives a reason today. What comes next is under Later.")
		: __("No customer gives a reason today.");
	return tiering.said_instead(__("Nothing to Do Today"), text);
};

// In what order customers come, as it is worked out: nothing else goes into it.
tiering.why_these = ({ rows, customers, signals, waiting, a_day, escalates_after: days }) => {
	const stakes = [
		[__("Falls to a lower tier"), __("a year's revenue × how likely he does not buy again, at least a quarter of it")],
		[__("Silent beyond his own rhythm"), __("a year's revenue × how likely he does not buy again")],
		[__("A quotation ends within a week"), __("its amount")],
		[__("One usual order from a higher tier"), __("a usual order × how likely he buys again")],
		[__("A contact is due"), __("a year's revenue × the days between two contacts ÷ 365")],
		[__("A second order is awaited, or he came back"), __("his last order")],
	];
	const lines = [
		__("Of {0} customers, {1} give a reason to be contacted today. Most at stake comes first:", [customers, signals]),
		tiering.html`<table class="table table-bordered">${stakes.map(
			([reason, stake]) => tiering.html`<tr><td>${reason}</td><td>${stake}</td></tr>`
		)}</table>`,
		__("New customers are taken up while fewer than {0} are on the list; who is put off, with somebody else or shown to the manager does not count. What is not done stays on it, until it is done or its reason is gone.", [a_day]),
	];
	if (waiting) lines.push(__("So {0} more wait until there is room.", [waiting]));
	if (days) lines.push(__("What is open for more than {0} days is shown to the sales managers.", [days]));
	frappe.msgprint({
		title: __("Why these {0}?", [rows.length]),
		message: lines.map((line) => tiering.html`<p>${line}</p>`.toString()).join(""),
	});
};
