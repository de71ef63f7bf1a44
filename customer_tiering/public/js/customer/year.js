// The last twelve months: what was sold, and below the line what came back.
frappe.provide("tiering");

tiering.Year = class {
	constructor(grade) {
		this.months = grade.months;
		this.currency = grade.currency;
	}

	markup() {
		if (this.months.every((one) => !one.sold && !one.returned)) return this.nothing();
		const sum = this.months.reduce((total, m) => total + m.sold + m.returned, 0);
		const [first, last] = [this.months[0], this.months[this.months.length - 1]];
		return tiering.html`<h6>${tiering.apart(__("Revenue by month since {0}", [tiering.month(first.month)]))} <b>${this.money(sum)}</b></h6>
			<svg viewBox="0 0 240 70" role="img" aria-label="${__("Revenue by month")}">${this.bars()}
			<line x1="0" y1="52" x2="240" y2="52"></line></svg>
			<div class="ends"><span>${tiering.month(first.month)}</span><span>${tiering.month(last.month)}</span></div>`;
	}

	nothing() {
		const since = tiering.month(this.months[0].month);
		return tiering.html`<h6>${__("Revenue by month since {0}", [since])}</h6>
			<p class="text-muted">${__("No sale and no return in these months.")}</p>`;
	}

	bars() {
		const top = Math.max(...this.months.map((m) => Math.max(m.sold, -m.returned)), 1);
		return this.months.map((m, i) => {
			const up = (m.sold / top) * 48;
			const down = (-m.returned / top) * 16;
			const amounts = [m.sold, ...(m.returned ? [m.returned] : [])].map((one) => this.money(one));
			const title = `${tiering.month(m.month)}: ${amounts.join(" ")}`;
			return tiering.html`<g ${tiering.has_documents() ? tiering.html`data-month="${m.month}"` : ""}><title>${title}</title>
				<rect class="month" x="${i * 20}" y="0" width="20" height="70"></rect>
				<rect class="sold" x="${i * 20 + 3}" y="${52 - up}" width="14" height="${up}"></rect>
				<rect class="back" x="${i * 20 + 3}" y="52" width="14" height="${down}"></rect></g>`;
		});
	}

	money(amount) {
		return tiering.money(amount, this.currency);
	}
};
