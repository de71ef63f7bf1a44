// Wherever a customer is chosen: the tier and the stage of each who is offered, in the second line. The list itself
// stays the host's: if these were among the fields that it searches, whoever looks for "Goldman" would find everybody
// who is Gold, and every search would read two columns more.
frappe.provide("tiering");

tiering.mark_offered = async (input) => {
	const control = input.closest(".frappe-control")?.fieldobj;
	if (!["Link", "Dynamic Link"].includes(control?.df?.fieldtype) || control.get_options?.() !== "Customer") return;
	const offered = [...input.parentElement.querySelectorAll("[role=option]")];
	const names = offered.map((option) => $(option).data("item.autocomplete")?.value);
	const customers = names.filter((name) => name && !/__link_option$/.test(name));
	const standings = await tiering.standings(customers);
	offered.forEach((option, at) => {
		const pills = standings.get(names[at]) && tiering.standing_pills(standings.get(names[at])).toString();
		if (!pills || option.querySelector(".tier-pill")) return;
		const $line = $(option).find("span.small");
		const $pills = $(`<span class="tier-pill">${pills}</span>`);
		if ($line.length) $line.append(" ", $pills);
		else $(option).children("p").append("<br>", $pills);
	});
};

$(document).on("awesomplete-open", "input", (event) => void tiering.mark_offered(event.target));
