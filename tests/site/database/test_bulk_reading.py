"""Many names in one condition, whatever they are made of."""

from __future__ import annotations

import frappe
import pytest
from frappe.query_builder import DocType

from customer_tiering.site.database.bulk_reading import OneOf
from tests.site.helpers.selling import make_customer

NAMES = ("O'Brien", 'A "quoted" one', "50 % off %s %(param1)s", "back\\slash", "茶庄", "x) OR (1 = 1")


@pytest.mark.parametrize("asked", [NAMES, NAMES[:1], ("nobody",), ()])
def test_one_of_finds_the_named_and_nobody_else(asked: tuple[str, ...]) -> None:
	there = {name: make_customer(name) for name in NAMES}
	other = make_customer("somebody else")
	table = DocType("Customer")
	mine = table.name.isin([*there.values(), other])
	wanted = [there[name] for name in asked if name in there]
	query = frappe.qb.from_(table).select(table.name).where(mine & OneOf(table.name, wanted))
	assert set(query.run(pluck=True)) == set(wanted)
