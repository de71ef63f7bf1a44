// Where a customer stands today, and why in a few words: on documents, in their lists, and where one is chosen.
frappe.provide("tiering");

// What was told is not asked again for so many milliseconds.
tiering.FRESH = 15000;
tiering.AT_ONCE = 50;
tiering.told_standings = tiering.told_standings || new Map();

// Whose a document is, if it is a customer's.
tiering.PARTY_TYPES = { Quotation: "quotation_to", Opportunity: "opportunity_from" };
tiering.customer_of = (doc) => {
	const party = tiering.PARTY_TYPES[doc.doctype];
	return (party ? doc[party] === "Customer" && doc.party_name : doc.customer) || null;
};

// Where each of some customers stands: a map without those whom the reader may not see.
tiering.standings = async (customers) => {
	const known = tiering.told_standings;
	const stale = [...new Set(customers)].filter((one) => one && !(known.get(one)?.until > Date.now()));
	for (let at = 0; at < stale.length; at += tiering.AT_ONCE) {
		tiering.ask_standings(stale.slice(at, at + tiering.AT_ONCE));
	}
	const told = await Promise.all(customers.map(async (one) => [one, await known.get(one)?.standing]));
	return new Map(told.filter(([, standing]) => standing));
};

tiering.standing = async (customer) => (await tiering.standings([customer])).get(customer) || null;

tiering.ask_standings = (customers) => {
	const asked = tiering.fetched(customers);
	for (const one of customers) {
		const standing = asked.then((found) => found[one]);
		tiering.told_standings.set(one, { until: Date.now() + tiering.FRESH, standing });
	}
};

// No call of the host's: it would show a message where customers may not be read, or the server is away.
tiering.fetched = async (customers) => {
	const question = new URLSearchParams({ customers: JSON.stringify(customers) });
	const reply = await fetch(`/api/method/customer_tiering.api.standing?${question}`).catch(() => null);
	if (!reply?.ok) return {};
	const { message } = await reply.json().catch(() => ({}));
	return message || {};
};

tiering.silence = ({ silence, stage }) => {
	if (silence === 0) return __("bought today");
	if (silence === 1) return __("silent for 1 day");
	if (silence > 1) return __("silent for {0} days", [tiering.plain_number(silence)]);
	return ["Prospect", "Engaged"].includes(stage) ? __("no purchase yet") : "";
};

// As short as it goes: 82, 82.5.
tiering.plain_number = (value) => format_number(value, null, Number.isInteger(value) ? 0 : 1);

tiering.reason = (standing) => {
	const score = standing.by_hand ? __("set by hand") : __("score {0}", [tiering.plain_number(flt(standing.score, 1))]);
	const silence = tiering.silence(standing);
	return standing.tier && silence ? __("{0}, {1}", [score, silence], "Why a Tier Is Held") : silence || (standing.tier ? score : "");
};

tiering.tier_pill = (tier) => tiering.pill(tiering.tier_label(tier), tiering.color(tier));
tiering.stage_pill = (stage) => tiering.pill(tiering.stage_label(stage), tiering.stage_color(stage));

// The tier and the stage, each in its colour.
tiering.standing_pills = ({ tier, stage }) =>
	tiering.joined([tier && tiering.tier_pill(tier), stage && tiering.stage_pill(stage)].filter(Boolean), " ");
