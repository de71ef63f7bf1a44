// How the Customer form tells figures, days and names: as text, which is escaped where it is shown.
frappe.provide("tiering");

tiering.number = (value, decimals = Number.isInteger(value) ? 0 : 1) => format_number(value, null, decimals);

tiering.days = (value) =>
	value === 1 ? __("1 day") : __("{0} days", [tiering.number(value, Number.isInteger(value) ? 0 : 1)]);

tiering.day = (date) => frappe.datetime.str_to_user(date);

tiering.month = (month) =>
	new Date(`${month}-15`).toLocaleDateString(frappe.boot.lang || "en", { year: "numeric", month: "short" });

tiering.money = (amount, currency, decimals = Math.abs(amount) >= 1000 ? 0 : 2) => {
	const shown = format_currency(amount, currency, decimals);
	// A currency's symbol may be written as markup; and a line does not end between an amount and its currency.
	return frappe.utils.html2text(shown).replaceAll(" ", "\u00a0");
};

tiering.percent = (value, decimals = 1) => `${tiering.number(value, decimals)}%`;

// A value of a rule in the unit of its metric.
tiering.value = (one, currency) => {
	if (one.unit === "currency") return tiering.money(one.value, currency);
	if (one.unit === "percent") return tiering.percent(one.value);
	if (one.unit === "days") return tiering.days(one.value);
	return tiering.number(one.value);
};

// The colour of a rung of the ladder, as the host's themes know it.
tiering.shade = ({ color }) =>
	color === "Light Blue" ? "var(--blue-200)" : `var(--${color.toLowerCase()}-300)`;

// Things in a row that a line may break between, and not within.
tiering.apart = (one) => tiering.html`<span class="apart">${one}</span>`;

tiering.bold = (text) => tiering.html`<b>${text}</b>`;
