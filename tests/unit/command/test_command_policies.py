"""The verb ``policies``, and the policies that ``score`` takes."""

from __future__ import annotations

import json
from pathlib import Path

from command_runs import run, scores, summary, write

from customer_tiering import __version__, policies


def test_policies_are_listed_and_printed_to_be_edited(sales: Path, tmp_path: Path) -> None:
	"""What is printed is pure JSON, and --policy takes it back as the same policy."""
	listed = run("policies").stdout
	for name in policies.names():
		assert name in listed
		printed = run("policies", name).stdout_bytes
		assert json.loads(printed) == policies.load(name)
	write(tmp_path / "mine.json", run("policies", "pareto-abc").stdout_bytes)
	run("score", sales, "--policy", tmp_path / "mine.json", "--out", tmp_path / "file")
	run("score", sales, "--policy", "pareto-abc", "--out", tmp_path / "name")
	assert summary(tmp_path / "file")["policy"] == summary(tmp_path / "name")["policy"]
	assert scores(tmp_path / "file") == scores(tmp_path / "name")


def test_every_ready_made_policy_grades(sales: Path, tmp_path: Path) -> None:
	"""Its metrics are columns of scores.csv."""
	for name in policies.names():
		assert run("score", sales, "--policy", name, "--out", tmp_path).exit_code == 0
		assert summary(tmp_path)["policy"]["name"] == policies.load(name)["name"]


def test_a_byte_order_mark_does_no_harm_to_a_policy(sales: Path, tmp_path: Path) -> None:
	"""As some shells and editors write one."""
	for encoding in ("utf-8-sig", "utf-16"):
		path = write(tmp_path / "p.json", json.dumps(policies.load("rfm")).encode(encoding))
		assert run("score", sales, "--policy", path, "--out", tmp_path).exit_code == 0


def test_version_is_the_packages() -> None:
	"""One number, in one place."""
	assert run("--version").stdout == f"customer-tiering, version {__version__}\n"
