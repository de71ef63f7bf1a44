"""The table: what was measured, beside what, how much more or less that is, and whether it is enough."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Row:
	"""One line of the table. ``limit`` is what the ratio may be at most, or at least with ``at_least``."""

	work: str
	against: str
	ours: str
	theirs: str
	ratio: float
	limit: float | None = None
	at_least: bool = False

	@property
	def verdict(self) -> str:
		"""Whether the mark is reached."""
		if self.limit is None:
			return "reported"
		reached = self.ratio >= self.limit if self.at_least else self.ratio <= self.limit
		return "yes" if reached else "**no**"

	@property
	def mark(self) -> str:
		"""The mark as people write it."""
		return "—" if self.limit is None else f"{'≥' if self.at_least else '≤'} {self.limit:g}"


def save(folder: Path, found: dict[str, Any]) -> None:
	"""Write what was found as JSON and as a table, named by the size and the host."""
	folder.mkdir(exist_ok=True)
	host = f"-frappe-{version.split('.')[0]}" if (version := _versions(found).get("frappe")) else ""
	name = f"{found['customers']}-customers-{found['invoices']}-invoices{host}"
	(folder / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
	(folder / f"{name}.md").write_text(as_text(found))


def as_text(found: dict[str, Any]) -> str:
	"""The page: where it was measured, and the table."""
	facts = ", ".join(f"{key} {value}" for key, value in {**found["machine"], **_versions(found)}.items())
	lines = [
		f"# {found['customers']:,} customers, {found['invoices']:,} invoices",
		"",
		f"Measured on: {facts}.",
		"Medians; each pair was measured in one run, in turn.",
		*found.get("remarks", ()),
		"",
		"| work | against | ours | theirs | ratio | mark | reached |",
		"|---|---|---|---|---|---|---|",
		*(
			f"| {r.work} | {r.against} | {r.ours} | {r.theirs} | {r.ratio:.3g} | {r.mark} | {r.verdict} |"
			for r in rows(found)
		),
	]
	return "\n".join(lines) + "\n"


def _versions(found: dict[str, Any]) -> dict[str, str]:
	return found.get("full", found.get("tenth", {})).get("versions", {})


def rows(found: dict[str, Any]) -> Iterator[Row]:
	"""The lines of whatever was measured."""
	full, tenth = found.get("full", {}), found.get("tenth", {})
	yield from _runs(full)
	yield from _engine(found.get("engine", {}))
	yield from _reading(found.get("reading", {}))
	yield from _drains(full, {"a tenth": tenth, "a hundredth": found.get("hundredth", {})})
	yield from _requests(full, tenth)
	for name, taken in full.get("reports", {}).items():
		work = f"report {name}, {taken['rows']} rows"
		yield _pair(work, "scans of what it needs", taken["run"], taken["scan"], 2)
		yield _pair(work, "the same, no row kept", taken["run"], taken["stream"])
	if "memory" in full:
		peak = max(full["memory"].values())
		yield Row("peak memory of the full run", "600 MB", f"{peak} MB", "600 MB", peak / 600, 1)
	yield from _growth(full, found.get("fewer_invoices", {}), "a tenth of the invoices", 11)
	yield from _growth(full, tenth, "a tenth of customers and invoices")
	if "workers" in full:
		both = full["workers"]
		yield _pair("first full run, two workers", "one worker", both["two"], both["one"])


def _runs(full: dict[str, Any]) -> Iterator[Row]:
	if "nightly" in full:
		taken, work = full["nightly"], "full run, nothing changed"
		yield from _beside_scans(work, taken, 2)
		yield _pair(work, "four columns of the invoices, no row kept", taken["run"], taken["smallest"])
	if "first" in full:
		yield from _beside_scans("first full run, all written", full["first"], 6)
	if "grouped" in full:
		taken, work, against = full["grouped"], "full run, nothing changed", "`GROUP BY customer`"
		yield _gain(work, f"{against}, without our index", taken["run"], taken["group_by"], 10)
		yield _gain(work, f"{against}, with it", taken["run"], taken["group_by_indexed"])


def _beside_scans(work: str, taken: dict[str, list[float]], limit: float) -> Iterator[Row]:
	yield _pair(work, "scan of the same columns", taken["run"], taken["scan"], limit)
	yield _pair(work, "the same, no row kept", taken["run"], taken["stream"])
	yield _pair(work, "no row kept, without our index", taken["run"], taken["plain_stream"])


def _growth(
	full: dict[str, Any], part: dict[str, Any], against: str, limit: float | None = None
) -> Iterator[Row]:
	if "nightly" in full and "nightly" in part:
		ours, less = full["nightly"], part["nightly"]
		yield _pair("growth: full run", against, ours["run"], less["run"], limit)
		yield _pair("growth: scan of the same columns", against, ours["scan"], less["scan"])
		yield _pair("growth: the same, no row kept", against, ours["stream"], less["stream"])


def _engine(taken: dict[str, Any]) -> Iterator[Row]:
	if taken:
		for policy, limit in (("rfm", 1), ("composite-value", 2)):
			yield _pair(
				f"engine alone, `{policy}`", "lifetimes' summary", taken[policy], taken["lifetimes"], limit
			)
		yield _pair("engine alone, `rfm`", "one `groupby`, five aggregates", taken["rfm"], taken["groupby"])


def _reading(taken: dict[str, Any]) -> Iterator[Row]:
	"""Time and memory of ``score`` beside those of a bare read."""
	bare = {"csv": "`pandas.read_csv` of the same columns", "xlsx": "calamine alone, a tenth of the rows"}
	for kind, against in bare.items():
		if f"{kind}_score" in taken:
			ours, theirs = (list(zip(*taken[f"{kind}_{name}"], strict=True)) for name in ("score", "bare"))
			yield _pair(f"the whole of `score`, {kind}", against, list(ours[0]), list(theirs[0]), 2)
			yield _pair(
				f"its processor time, {kind}", f"{against}, with the imports", list(ours[2]), list(theirs[2])
			)
			most, least = median(ours[1]), median(theirs[1])
			limit = 2 if kind == "csv" else None
			yield Row(
				f"its peak memory, {kind}", against, f"{most:.0f} MB", f"{least:.0f} MB", most / least, limit
			)


def _drains(full: dict[str, Any], smaller: dict[str, dict[str, Any]]) -> Iterator[Row]:
	if "drain_one" in full:
		taken, work = full["drain_one"], "drain of one customer"
		yield _pair(f"{work}, {taken['queries']} queries", "50 ms", taken["run"], [0.05], 1)
		for share, part in smaller.items():
			if "drain_one" in part:
				against = f"the same, {share} of the invoices"
				yield _pair(work, against, taken["run"], part["drain_one"]["run"])
	if "drain_many" in full:
		taken = full["drain_many"]
		yield _gain("drain of 1,000 customers", "1,000 drains", taken["together"], taken["apart"], 20)


def _requests(full: dict[str, Any], tenth: dict[str, Any]) -> Iterator[Row]:
	if submit := full.get("submit") or tenth.get("submit"):
		where = "" if "submit" in full else ", a tenth of the size"
		work = f"submit of an invoice, {len(submit['with'])} pairs{where}"
		ours, theirs = submit["with"], submit["without"]
		ratio = median(a / b for a, b in zip(ours, theirs, strict=True))  # of pairs: load comes and goes
		yield Row(work, "without the app", _time(ours), _time(theirs), ratio, 1.02)
	if taken := full.get("queries"):
		for shown, label in (("with", "20 rows"), ("with_100_rows", "100 rows")):
			ours, theirs = taken[f"list_{shown}"], taken["list_without"]
			against = "20 rows without the badge"
			yield Row(f"queries of the list, {label}", against, str(ours), str(theirs), ours / theirs, 1)
		requests = taken["form_requests"]
		work = f"requests of the form ({taken['form_queries']} queries)"
		yield Row(work, "one", str(requests), "1", float(requests), 1)


def _pair(work: str, against: str, ours: list[float], theirs: list[float], limit: float | None = None) -> Row:
	return Row(work, against, _time(ours), _time(theirs), median(ours) / median(theirs), limit)


def _gain(work: str, against: str, ours: list[float], theirs: list[float], limit: float | None = None) -> Row:
	"""How many times faster ours is."""
	return Row(work, against, _time(ours), _time(theirs), median(theirs) / median(ours), limit, at_least=True)


def _time(taken: list[float]) -> str:
	seconds = median(taken)
	return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
