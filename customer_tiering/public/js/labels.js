// What is stored, as the reader's language has it: a function per kind of name. The host may have the same word for
// something else, as "Lost" for a quotation: so each is looked up with its own context.
// More than one page reads this file: it declares no name of its own.
frappe.provide("tiering");

// A name that people give, such as a tier's, is translated only where it is known under its own context: the app's
// ready-made names are. No word of the host's stands for it.
tiering.named = (name, context) => frappe._messages[`${name}:${context}`] || name;

tiering.tier_label = (tier) => (tier ? tiering.named(tier, "Customer Tier") : __("Unrated"));
tiering.rule_label = (rule) => tiering.named(rule, "Tier Rule");
tiering.policy_label = (policy) => tiering.named(policy, "Tiering Policy");
// A published version is called by its policy and a number.
tiering.version_label = (name) =>
	name.replace(/^(.*)(-\d+)$/, (_name, policy, number) => tiering.policy_label(policy) + number);
tiering.stage_label = (stage) => __(stage, null, "Customer Score");
tiering.segment_label = (segment) => __(segment, null, "Customer Score");
// A stage and a segment may have one name: where both are shown, each says which it is.
tiering.stage_told = (stage) => __("Stage: {0}", [tiering.stage_label(stage)]);
tiering.segment_told = (segment) => __("Segment: {0}", [tiering.segment_label(segment)]);
tiering.mode_label = (mode) => __(mode, null, "Customer Score");
tiering.cause_label = (cause) => __(cause, null, "Cause of the Change");
// A metric, or another choice of a rule.
tiering.rule_choice = (metric) => __(metric, null, "Tier Rule");

// Words one after the other, with the comma of the reader's language between them.
tiering.listed = (words) =>
	tiering.joined(words, __("{0}, {1}", null, "Customer Tiering").replace(/^\{0\}|\{1\}$/g, ""));

// The host shows a value without its field's context, in a list, in a report and where it is read only. These fields
// of a DocType, {fieldname: label}, are shown as the functions above say.
tiering.label_fields = (doctype, labels) => {
	for (const [fieldname, label] of Object.entries(labels)) {
		const field = frappe.meta.docfield_map[doctype]?.[fieldname];
		if (field && field.fieldtype !== "Link") field.formatter = (value) => (value ? tiering.escaped(label(value)) : "");
	}
};

// The same for the cells of a list: a choice is a pill there, which filters by it.
tiering.label_list = (doctype, labels) => {
	tiering.label_fields(doctype, labels);
	const settings = (frappe.listview_settings[doctype] = frappe.listview_settings[doctype] || {});
	// What heads a row is text, and no cell.
	const title = frappe.get_meta(doctype).title_field || "name";
	const shown = (name, label) => (name === title ? label : tiering.list_cell(label));
	const formatters = Object.entries(labels).map(([name, label]) => [name, shown(name, label)]);
	settings.formatters = { ...settings.formatters, ...Object.fromEntries(formatters) };
	const before = settings.onload;
	settings.onload = (list) => {
		if (before) before(list);
		for (const [name, label] of Object.entries(labels)) tiering.label_filter(list.page.fields_dict[name], label);
	};
};

// A list of the app's own: an ID there says what heads the row once more, or is a number of no meaning.
tiering.own_list = (doctype, labels) => {
	tiering.label_list(doctype, labels);
	frappe.listview_settings[doctype].hide_name_column = true;
};

// Beside what heads a row, a phone has room for one pill: a [label, color, fieldname, value].
tiering.phone_pill = (doctype, pill) => {
	const settings = (frappe.listview_settings[doctype] = frappe.listview_settings[doctype] || {});
	if (!frappe.is_mobile()) return;
	settings.get_indicator = (doc) => {
		const [label, color, fieldname, value] = pill(doc);
		// The host puts both into markup as they are.
		return [tiering.escaped(label), color, `${fieldname},=,${tiering.escaped(value)}`];
	};
};

tiering.list_cell = (label) => (value, field) => {
	if (!value) return "";
	const filter = `${field.fieldname},=,${value}`;
	const color = tiering.STAGE_COLORS[value] || frappe.utils.guess_colour(value);
	const look = field.fieldtype === "Select" ? `indicator-pill ${color}` : "";
	return tiering.html`<span class="filterable ${look} ellipsis" data-filter="${filter}"><span
		class="ellipsis">${label(value)}</span></span>`.toString();
};

// The choices of a filter above a list: the host makes it without the field's context.
tiering.label_filter = (control, label) => {
	if (control?.df.fieldtype !== "Select") return;
	const values = [].concat(control.df.options).flatMap((options) => options.split("\n"));
	control.df.options = values.map((value) => ({ value, label: value && label(value) }));
	control.set_options();
};

// A link to a tier shows its label.
frappe.form.link_formatters["Customer Tier"] = (tier) => (tier ? tiering.tier_label(tier) : tier);
