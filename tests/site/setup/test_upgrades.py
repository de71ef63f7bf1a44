"""A site of any released version is migrated, twice over, and never back; old policies stay readable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import frappe
import pytest

from customer_tiering import __version__, api
from customer_tiering.setup import install, version
from customer_tiering.site.grading import state
from customer_tiering.site.published import older_versions
from tests.site.conftest import SITE, connect
from tests.site.helpers import states
from tests.site.helpers.company import schema
from tests.site.helpers.selling import ago, changes, drain, graded, invoice, make_customer
from tests.site.setup.test_installation import bench

STATES = sorted(states.FIXTURES.glob("*.json"))


@pytest.fixture
def restored() -> Iterator[None]:
	"""Whatever happens, later tests find a connected and migrated site."""
	yield
	frappe.destroy()
	connect()
	if version.stored() != __version__:
		frappe.destroy()
		bench("migrate", "--skip-search-index")
		connect()


def test_there_is_a_fixture_of_the_first_release() -> None:
	assert "0.1.0" in {json.loads(path.read_text())["version"] for path in STATES}


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("path", STATES, ids=lambda path: path.stem)
def test_a_site_of_a_released_version_is_migrated_and_loses_nothing(path: Path) -> None:
	fresh = {doctype: states.columns(doctype) for doctype in states.our_doctypes()}
	kept = json.loads(path.read_text())
	states.restore(kept)
	frappe.destroy()
	bench("migrate", "--skip-search-index")
	connect()
	assert {doctype: states.columns(doctype) for doctype in states.our_doctypes()} == fresh
	asked = [row for row in states.rows("Rescore Request") if not row["customer"]]
	assert [row["cause"] for row in asked] == ["Customer"], "everyone gets what grades have gained"
	frappe.db.delete("Rescore Request", {"name": asked[0]["name"]})
	frappe.db.commit()
	for doctype, rows in kept["rows"].items():
		now = states.rows(doctype)
		assert [{key: row[key] for key in old} for old, row in zip(rows, now, strict=True)] == rows, doctype
	after = states.settings()
	assert {key: after[key] for key in kept["settings"] if key != "schema_version"} == {
		key: value for key, value in kept["settings"].items() if key != "schema_version"
	}
	assert after["schema_version"] == __version__
	assert state.published().name == kept["settings"]["current_policy"]
	before = _everything()
	frappe.destroy()

	bench("migrate", "--skip-search-index")
	connect()
	assert _everything() == before, "again, it changes nothing"


def _everything() -> dict[str, object]:
	kept = {doctype: states.rows(doctype) for doctype in states.our_doctypes()}
	return kept | {"settings": states.settings(), "schema": schema()}


def _migrate() -> subprocess.CompletedProcess[str]:
	return subprocess.run(
		[sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "--site", SITE, "migrate"],
		cwd=os.environ["SITES_PATH"],
		text=True,
		stdin=subprocess.DEVNULL,
		capture_output=True,
	)


@pytest.mark.parametrize("held", ["0.1.1", "0.2.0", "1.0.0", "0.10.0"])
def test_an_older_app_refuses_a_newer_site(held: str) -> None:
	frappe.db.set_single_value("Customer Tiering Settings", "schema_version", held)
	with pytest.raises(Exception, match=f"is of Customer Tiering {held}"):
		version.refuse_downgrade()


def test_a_downgrade_stops_with_a_sentence_before_anything_is_changed() -> None:
	frappe.db.set_single_value("Customer Tiering Settings", "schema_version", "99.0.0")
	frappe.db.commit()
	done = _migrate()
	frappe.db.set_single_value("Customer Tiering Settings", "schema_version", __version__)
	frappe.db.commit()
	assert done.returncode
	said = done.stdout + done.stderr
	assert "This site is of Customer Tiering 99.0.0" in said
	assert "Traceback" not in said


@pytest.mark.parametrize("held", [None, "0.0.9", __version__])
def test_the_same_and_an_older_site_are_let_through(held: str | None) -> None:
	frappe.db.set_single_value("Customer Tiering Settings", "schema_version", held)
	version.refuse_downgrade()


def test_the_version_is_noted_and_no_form_writes_it() -> None:
	version.remember()
	doc = frappe.get_doc("Customer Tiering Settings")
	doc.schema_version = "99"
	doc.save()
	assert version.stored() == __version__


def test_a_policy_of_another_version_is_still_read() -> None:
	name = make_customer("Witness")
	invoice(name, 1_000, ago(3))
	policy = state.published()
	row = frappe.db.get_value("Tiering Policy", policy.name, "policy")
	data = json.loads(row)
	del data["one_step_down"], data["stages"]["new_days"], data["returns_dated"]
	for part in (data, data["stages"], data["tiers"][0], data["rules"][0]):
		part["of_another_version"] = {"x": 1}
	frappe.db.set_value("Tiering Policy", policy.name, "policy", json.dumps(data))
	assert state.published().policy == policy.policy
	drain()
	assert graded(name)["tier"]
	frappe.db.set_value("Tiering Policy", policy.name, "policy", row)
	frappe.db.commit()


def test_bands_of_another_version_are_still_read() -> None:
	rule = {
		"name": "x",
		"method": "Bands",
		"bands": [{"at_least": 1, "points": 5, "note": "new"}],
		"why": "new",
	}
	data = older_versions.readable({"name": "p", "tiers": [], "rules": [rule]})
	assert data["rules"] == [{"name": "x", "method": "Bands", "bands": [{"points": 5, "at_least": 1}]}]


# -- the log, when the app goes ----------------------------------------------------------------------


@pytest.fixture
def reinstalled() -> Iterator[None]:
	"""Whatever happens, later tests find the app installed, and no log kept."""
	yield
	frappe.destroy()
	if "customer_tiering" not in bench("list-apps"):
		bench("install-app", "customer_tiering")
	connect()
	frappe.db.set_single_value("Customer Tiering Settings", "keep_log", 0)
	frappe.db.commit()


@pytest.mark.usefixtures("reinstalled")
def test_the_log_is_kept_if_the_admin_wants_it_and_comes_back() -> None:
	name = make_customer("Witness")
	invoice(name, 1_000, ago(3))
	drain()
	last = changes(name)
	log, policies = states.rows("Tier Change"), states.rows("Tiering Policy")
	frappe.db.set_single_value("Customer Tiering Settings", "keep_log", 1)
	frappe.db.commit()
	frappe.destroy()

	bench("uninstall-app", "customer_tiering", "--yes", "--no-backup")
	connect()
	assert set(schema()) >= set(install.KEPT.values())
	assert not [table for table in schema() if table.startswith("tabTier")]
	frappe.destroy()

	bench("install-app", "customer_tiering")
	connect()
	assert not set(schema()) & set(install.KEPT.values())
	assert states.rows("Tier Change", [row["name"] for row in log]) == log
	assert states.rows("Tiering Policy", [row["name"] for row in policies]) == policies
	newest = frappe.db.get_value("Tiering Policy", api.policy_status()["published"]["name"], "version")
	assert newest == max(row["version"] for row in policies) + 1, "names of policies keep their meaning"
	drain()
	assert changes(name) == [*last, (None, last[-1][1], "First Grade")]
