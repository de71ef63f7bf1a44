{% include "customer_tiering/public/js/shared.js" %}
{% include "customer_tiering/public/js/labels.js" %}

frappe.ui.form.on("Customer Tiering Settings", {
	refresh(frm) {
		frm.add_custom_button(__("Tiers"), () => frappe.set_route("List", "Customer Tier"), __("Draft", null, "Customer Tiering"));
		frm.add_custom_button(__("Rules"), () => frappe.set_route("List", "Tier Rule"), __("Draft", null, "Customer Tiering"));
		if (!can_publish()) return;
		frm.add_custom_button(__("Ready-Made Policy…"), () => choose_policy(frm), __("Draft", null, "Customer Tiering"));
		frm.add_custom_button(__("Preview and Publish"), () => preview(frm)).addClass("btn-primary");
		show_status(frm);
		show_health(frm);
		show_forecast(frm);
	},
});

const can_publish = () =>
	["Tiering Manager", "System Manager", "Administrator"].some((role) => frappe.user.has_role(role));

function show_status(frm) {
	frappe
		.call({ method: "customer_tiering.api.policy_status", type: "GET" })
		.then(({ message: status }) => {
			const one = status.published;
			const lines = [];
			if (one) {
				const link = frappe.utils.get_form_link("Tiering Policy", one.name, true, tiering.escaped(tiering.version_label(one.name)));
				lines.push(
					__("{0} is in force, published by {1} on {2}.", [
						link,
						tiering.escaped(frappe.user.full_name(one.published_by)),
						frappe.datetime.str_to_user(one.published_on),
					])
				);
			} else if (status.unreadable) {
				lines.push(`<b>${tiering.escaped(status.unreadable)}</b>`);
			} else {
				lines.push(__("No policy is published yet, so nobody is graded."));
			}
			lines.push(
				status.changed
					? `<b>${__("There are unpublished changes: they count once you publish them.")}</b>`
					: __("The draft is what is published.")
			);
			if (status.made_anew) {
				lines.push(
					__(
						"The ready-made policies have been made anew: fewer customers change tier, and the top tier is small. Draft › Ready-Made Policy… and the preview show who would move."
					)
				);
			}
			if (status.backlog) {
				lines.push(__("Requests that wait to be graded: {0}.", [status.backlog]));
			}
			frm.get_field("policy_html").$wrapper.html(
				`<div class="form-message mb-3 ${status.changed ? "orange" : "blue"}">${lines.join("<br>")}</div>`
			);
		});
}

function show_health(frm) {
	frappe.call({ method: "customer_tiering.api.health", type: "GET" }).then(({ message: health }) => {
		const troubled =
			health.unreadable || health.unfinished_since || health.failures.length || health.skipped_count;
		frm.get_field("health_html").$wrapper.html(
			`<div class="form-message mb-3 ${troubled ? "orange" : "blue"}">${health_lines(health).join("<br>")}</div>` +
				failures_html(health)
		);
	});
}

function health_lines(health) {
	const time = (value) => frappe.datetime.str_to_user(value);
	const run = health.last_run;
	const lines = [
		run
			? __("The last full run, as of {0}, ended on {1}: {2} customers in {3} seconds.", [
					time(run.as_of),
					time(run.ended_on),
					run.customers,
					run.seconds,
				])
			: __("There has been no full run yet."),
	];
	if (health.unfinished_since) {
		lines.push(
			__("A full run that began on {0} has not ended: it is running, or it was stopped.", [
				time(health.unfinished_since),
			])
		);
	}
	if (health.full_run_rests_until) {
		lines.push(
			__("Full runs fail: the next is tried after {0}. Until then only requests are graded.", [
				time(health.full_run_rests_until),
			])
		);
	}
	lines.push(
		health.backlog
			? __("Requests that wait to be graded: {0}, the oldest for {1} min.", [
					health.backlog,
					health.oldest_minutes,
				])
			: __("No requests wait.")
	);
	if (health.skipped_count) {
		lines.push(__("Customers skipped: {0}. They keep the grades that they had.", [health.skipped_count]));
	}
	if (!health.failures.length && !health.skipped_count && !health.unreadable) lines.push(__("Nothing is failing."));
	return lines;
}

function failures_html(health) {
	const rows = [...health.failures, ...health.skipped];
	if (!rows.length) return "";
	const subject = (row) =>
		row.customer
			? frappe.utils.get_form_link("Customer", row.customer, true, tiering.escaped(row.customer))
			: tiering.escaped(row.subject);
	const body = rows
		.map(
			(row) => `<tr><td>${tiering.escaped(__(row.kind, null, "Tiering Failure"))}</td><td>${subject(row)}</td>
				<td>${tiering.escaped(row.reason)}</td><td>${frappe.datetime.str_to_user(row.last_seen)}</td><td class="text-right">${row.times}</td></tr>`
		)
		.join("");
	return `<table class="table table-bordered table-sm">
		<thead><tr><th>${__("What Failed")}</th><th>${__("Which")}</th><th>${__("Reason")}</th>
		<th>${__("Last Seen")}</th><th class="text-right">${__("Times")}</th></tr></thead>
		<tbody>${body}</tbody></table>`;
}

function show_forecast(frm) {
	frappe.call({ method: "customer_tiering.api.forecast", type: "GET" }).then(({ message: told }) => {
		const sentences = told.sentences.map((one) => `<p>${tiering.escaped(one)}</p>`).join("");
		frm.get_field("forecast_html").$wrapper.html(sentences + groups_html(told.groups));
	});
}

// From the least likely to buy to the likeliest: what was foreseen beside what happened.
function groups_html(groups) {
	if (!groups.length) return "";
	const percent = (value) => `${format_number(value, null, 1)}%`;
	const bar = (value) => `<div style="width: ${value}%; height: 6px; background: var(--blue-300)"></div>`;
	const body = groups
		.map(
			(one) => `<tr><td class="text-right">${one.customers}</td><td class="text-right">${percent(one.foreseen)}</td>
				<td class="text-right">${percent(one.happened)}</td><td style="width: 40%">${bar(one.happened)}</td></tr>`
		)
		.join("");
	return `<table class="table table-bordered table-sm">
		<thead><tr><th class="text-right">${__("Customers", null, "Customer Tiering")}</th>
		<th class="text-right">${__("Foreseen to Buy")}</th><th class="text-right">${__("Bought")}</th><th></th></tr></thead>
		<tbody>${body}</tbody></table>`;
}

function choose_policy(frm) {
	frappe
		.call({ method: "customer_tiering.api.ready_made_policies", type: "GET" })
		.then(({ message: policies }) => {
			const describe = (name) => {
				const one = policies.find((policy) => policy.name === name);
				const tiers = one.tiers.map((tier) => tiering.escaped(tiering.tier_label(tier))).join(" › ");
				return `<p>${tiering.escaped(__(one.description))}</p><p class="text-muted">${tiers}</p>`;
			};
			const dialog = new frappe.ui.Dialog({
				title: __("Start From a Ready-Made Policy"),
				fields: [
					{
						fieldname: "name",
						fieldtype: "Select",
						label: __("Policy", null, "Customer Tiering Settings"),
						reqd: 1,
						default: policies[0].name,
						options: policies.map(({ name, title }) => ({ value: name, label: tiering.policy_label(title) })),
						onchange: () => dialog.get_field("text").$wrapper.html(describe(dialog.get_value("name"))),
					},
					{ fieldname: "text", fieldtype: "HTML" },
					{
						fieldtype: "HTML",
						options: `<p class="text-muted">${__(
							"This replaces the draft: your present tiers and rules are disabled, not deleted. Nothing changes for customers until you publish."
						)}</p>`,
					},
				],
				primary_action_label: __("Replace the Draft"),
				primary_action: ({ name }) =>
					frappe
						.call({
							method: "customer_tiering.api.load_policy",
							type: "POST",
							args: { name },
							freeze: true,
						})
						.then(() => {
							dialog.hide();
							frm.reload_doc();
						}),
			});
			dialog.get_field("text").$wrapper.html(describe(policies[0].name));
			dialog.show();
		});
}

async function preview(frm) {
	if (frm.is_dirty()) await frm.save();
	const reply = await frappe
		.call({
			method: "customer_tiering.api.preview",
			type: "GET",
			freeze: true,
			freeze_message: __("Grading everyone by the draft…"),
		})
		.catch(() => null); // the host has shown what is wrong
	if (!reply) return;
	const seen = reply.message;
	const dialog = new frappe.ui.Dialog({
		title: __("Preview"),
		size: "large",
		fields: [
			{ fieldtype: "HTML", fieldname: "moves" },
			{ fieldtype: "HTML", fieldname: "figures" },
			{
				fieldname: "comment",
				fieldtype: "Small Text",
				label: __("What changed and why"),
				hidden: !seen.changed,
			},
		],
		primary_action_label: __("Publish"),
		primary_action: ({ comment }) =>
			frappe
				.call({
					method: "customer_tiering.api.publish",
					type: "POST",
					args: { comment },
					freeze: true,
					freeze_message: __("Publishing…"),
				})
				.then(({ message: name }) => {
					dialog.hide();
					frappe.show_alert({
						message: __("{0} is in force. Customers are being graded.", [tiering.escaped(name)]),
						indicator: "green",
					});
					frm.reload_doc();
				}),
	});
	// Not as the field's options: those are filled in as a template, and tiers are named by people.
	dialog.get_field("moves").$wrapper.html(preview_html(seen));
	if (!seen.changed) dialog.get_primary_btn().hide();
	dialog.set_secondary_action_label(__("Back-Test the Draft"));
	dialog.set_secondary_action(() => {
		dialog.hide();
		// How steady the ladder would have been over the past year, and what its top tier would have caught.
		frappe.route_options = { view: "Year", draft: 1, ...dialog.tried };
		frappe.set_route("query-report", "Policy Back-test");
	});
	dialog.show();
	show_figures(dialog, seen);
}

// What takes a back-test comes after the preview is on the screen.
async function show_figures(dialog, seen) {
	const { $wrapper } = dialog.get_field("figures");
	$wrapper.html(figures_html(seen, null));
	const reply = await frappe.call({ method: "customer_tiering.api.ladder_figures", type: "GET" }).catch(() => null);
	const told = reply ? reply.message : { message: __("It could not be tried on the past.") };
	$wrapper.html(figures_html(seen, told));
	const { cut, until } = told.draft || told.in_force || {};
	// The report's own figures of the same days.
	if (cut) dialog.tried = { from_date: frappe.datetime.add_days(cut, 1), to_date: until };
}

// The draft beside what is in force: who stands where today, and how both would have done in the past.
function figures_html(seen, told) {
	const past = (one) => {
		if (!told) return tiering.html`<p class="text-muted">${__("Being tried on the past…")}</p>`;
		return tiering.joined((one ? one.sentences : [told.message]).map((text) => tiering.html`<p>${text}</p>`), "");
	};
	const block = (title, end, one) => tiering.html`<div class="col-sm-6"><h5 class="mt-3">${title}</h5>
		<p>${standing_sentence(seen, end)}</p>${past(one)}</div>`;
	const draft = seen.changed ? block(__("Draft", null, "Customer Tiering"), "to_tier", told && told.draft) : "";
	const in_force = block(__("In Force"), "from_tier", told && told.in_force);
	return tiering.html`<div class="row tiering-figures">${draft}${in_force}</div>`.toString();
}

function standing_sentence(seen, end) {
	const percent = (count) => format_number((count / (seen.customers || 1)) * 100, null, 1);
	const standing = [...seen.tiers, ...seen.former_tiers, ""]
		.map((tier) => [tier, seen.moves.filter((move) => move[end] === tier).reduce((sum, move) => sum + move.customers, 0)])
		.filter(([tier, count]) => count || (tier && !seen.former_tiers.includes(tier)))
		.map(([tier, count]) => __("{0} {1} ({2}%)", [tiering.tier_label(tier), count, percent(count)]));
	return tiering.sentence(__("Of {0} customers today: {1}."), seen.customers, tiering.listed(standing));
}

function preview_html(seen) {
	const columns = [...seen.tiers, ""];
	const rows = [...seen.tiers, ...seen.former_tiers, ""];
	const count = (from, to) =>
		seen.moves
			.filter((move) => move.from_tier === from && move.to_tier === to)
			.reduce((sum, move) => sum + move.customers, 0);
	const head = columns.map((tier) => `<th class="text-right">${tiering.escaped(tiering.tier_label(tier))}</th>`).join("");
	const body = rows
		.map((from) => {
			const cells = columns.map((to) => {
				const customers = count(from, to);
				const moved = customers && from !== to;
				return `<td class="text-right ${moved ? "bold" : "text-muted"}">${customers || ""}</td>`;
			});
			return `<tr><td>${tiering.escaped(tiering.tier_label(from))}</td>${cells.join("")}</tr>`;
		})
		.join("");
	const total = columns
		.map((to) => `<td class="text-right bold">${rows.reduce((sum, from) => sum + count(from, to), 0)}</td>`)
		.join("");
	// Days that a rise or a fall takes hide what a draft leads to.
	const later = columns.map((to) => `<td class="text-right">${seen.later[to] || 0}</td>`).join("");
	const waiting = seen.waiting ? `<tr><td>${__("Later, If Scores Stay")}</td>${later}</tr>` : "";
	const points = (threshold) => (threshold === null ? __("nobody", null, "Customer Tiering") : format_number(threshold, null, 2));
	const from = [...seen.thresholds.map(points), ""].map((text) => `<td class="text-right text-muted">${text}</td>`);
	// By score, the tiers' forms say it.
	const reached = seen.by_share ? `<tr><td>${__("From Score", null, "Customer Tier")}</td>${from.join("")}</tr>` : "";
	const summary = seen.changed
		? __("{0} of {1} customers would change their tier.", [seen.moved, seen.customers])
		: __("There is nothing to publish: the draft is what is already published.");
	const more = seen.waiting ? `<br>${__("{0} more rise or fall later, if their scores stay.", [seen.waiting])}` : "";
	return `<p>${summary}${more}</p><div class="table-responsive"><table class="table table-bordered table-sm">
		<thead><tr><th>${__("From ↓ to →")}</th>${head}</tr></thead>
		<tbody>${body}<tr><td class="bold">${__("After", null, "Customer Tiering")}</td>${total}</tr>${waiting}${reached}</tbody></table></div>`;
}
