"""What the columns of a sales table are called: ERPNext's field names, its labels, and the user's own."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
	"""One column that can be read; ``names`` are accepted beside ``field``, the first the most willingly."""

	field: str
	what: str
	kind: str  # text, date, amount, flag, docstatus
	names: tuple[str, ...]
	required: bool = False
	may_be_empty: bool = True


#: Labels are those of ERPNext's own exports, in English and in its two Chinese translations.
COLUMNS = (
	Column(
		"name", "the document's ID", "text",
		("ID", "Document", "Invoice", "标识符", "单据编号"), required=True, may_be_empty=False,
	),
	Column("customer", "the customer", "text", ("Customer", "客户"), required=True),
	Column(
		"posting_date", "the document's date", "date",
		("Posting Date", "Date", "记账日期", "记帐日期", "日期"), required=True, may_be_empty=False,
	),
	Column(
		"base_net_total", "the net amount in the company's currency", "amount",
		("Net Total (Company Currency)", "net_amount", "总净金额(公司货币)", "净总计(本币)"),
		required=True, may_be_empty=False,
	),
	Column("is_return", "whether it is a return", "flag",
		("Is Return (Credit Note)", "Is Return", "是退货?(退款单)", "红冲(贷记单)")),
	Column("return_against", "the document that is returned", "text", ("Return Against", "退货依据", "源单")),
	Column("is_debit_note", "whether it is a debit note", "flag", (
		"Is Rate Adjustment Entry (Debit Note)", "Is Debit Note", "是否单价调整分录(借项通知单)",
		"追加收款(借记单)",
	)),
	Column("is_opening", "whether it is an opening entry", "flag",
		("Is Opening Entry", "Is Opening", "是否期初分录", "是开账凭证")),
	Column("is_internal_customer", "whether the customer is internal", "flag",
		("Is Internal Customer", "是内部客户")),
	Column("is_consolidated", "whether it consolidates till sales", "flag", ("Is Consolidated", "已合并")),
	Column("docstatus", "draft, submitted or cancelled", "docstatus",
		("Document Status", "Docstatus", "文档状态", "单据状态")),
	Column("status", "the status", "text", ("Status", "状态")),
	Column("company", "the company", "text", ("Company", "公司")),
	Column("customer_group", "the customer group", "text", ("Customer Group", "客户群组", "客户组")),
	Column("territory", "the territory", "text", ("Territory", "区域")),
	Column("customer_type", "the customer type", "text", ("Customer Type", "客户类型")),
	Column("gross_profit", "the gross profit", "amount", ("Gross Profit", "毛利")),
)  # fmt: skip
BY_FIELD = {column.field: column for column in COLUMNS}
SHOWN_HEADINGS = 30


class ColumnsError(ValueError):
	"""Headings that cannot be understood; the message says which, and what to do."""


def normal(heading: str) -> str:
	"""A heading as it is compared: no matter of case, spaces, underscores or full-width brackets."""
	text = unicodedata.normalize("NFKC", heading).replace("_", " ").replace("\ufeff", "")
	return " ".join(text.casefold().rstrip("* ").split())


@dataclass(frozen=True)
class Mapping:
	"""The user's own names: ``(theirs, field)`` pairs."""

	pairs: tuple[tuple[str, str], ...] = ()

	@classmethod
	def parse(cls, texts: Iterable[str]) -> Mapping:
		"""Read ``theirs=ours`` texts.

		Raises:
			ColumnsError: a text has another form, or names a field that does not exist or is named twice.
		"""
		fields = {normal(name): c.field for c in COLUMNS for name in (*c.names, c.field)}
		pairs: list[tuple[str, str]] = []
		for text in texts:
			theirs, equals, ours = text.rpartition("=")
			if not equals or not theirs.strip():
				raise ColumnsError(f"--map {text} is not of the form 'their column=our column'.")
			if normal(ours) not in fields:
				raise ColumnsError(
					f"--map {text}: there is no column {ours.strip()} to map to. Choose one of "
					f"{', '.join(BY_FIELD)}."
				)
			pairs.append((theirs, fields[normal(ours)]))
		_refuse_twice([field for _theirs, field in pairs])
		return cls(tuple(pairs))

	def unused(self, headings: Iterable[Sequence[str]]) -> list[str]:
		"""Names of theirs that none of the files has."""
		known = {normal(name) for heading in headings for name in heading}
		return [theirs for theirs, _field in self.pairs if normal(theirs) not in known]


def _refuse_twice(fields: list[str]) -> None:
	for field in fields:
		if fields.count(field) > 1:
			raise ColumnsError(f"--map gives {field} twice; keep one.")


def find(file: str, heading: Sequence[str], mapping: Mapping) -> dict[str, int]:
	"""Position of each known column in a file's heading.

	Raises:
		ColumnsError: a required column is missing, or one that is read stands there twice.
	"""
	names = [normal(name) for name in heading]
	mapped = {field: normal(theirs) for theirs, field in mapping.pairs if normal(theirs) in names}
	taken = set(mapped.values())
	found: dict[str, int] = {}
	for column in COLUMNS:
		wanted = [normal(name) for name in (column.field, *column.names)]
		choices = [mapped[column.field]] if column.field in mapped else [w for w in wanted if w not in taken]
		name = next((choice for choice in choices if choice in names), None)
		if name is None:
			continue
		if names.count(name) > 1:
			raise ColumnsError(f"{file} has the column {heading[names.index(name)]} twice; keep one.")
		found[column.field] = names.index(name)
	_refuse_missing(file, heading, found)
	return found


def _refuse_missing(file: str, heading: Sequence[str], found: dict[str, int]) -> None:
	missing = [column for column in COLUMNS if column.required and column.field not in found]
	if not missing:
		return
	lines = [
		f"{file} has no column for {column.what}. Call it {column.field} or "
		f"{' or '.join(name for name in column.names if name.isascii())}, or say which it is: "
		f"--map 'your column={column.field}'."
		for column in missing
	]
	shown = [name if name.strip() else "(empty)" for name in heading[:SHOWN_HEADINGS]]
	more = len(heading) - len(shown)
	lines.append(f"Its columns are: {', '.join(shown)}{f' and {more} more' if more > 0 else ''}.")
	raise ColumnsError("\n".join(lines))
