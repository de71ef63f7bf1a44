"""Runs ``tests/site`` and ``tests/ui`` inside every bench that is found, each on a fresh site."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import find_benches, fresh_site

BENCHES = find_benches()
NONE_FOUND = "no bench found (FRAPPE_BENCH, or ~/frappe-bench*): the site tests were not run"


@pytest.mark.parametrize(
	"bench",
	[pytest.param(b, id=b.name) for b in BENCHES]
	or [pytest.param(None, id="none", marks=pytest.mark.skip(reason=NONE_FOUND))],
)
def test_site_tests_pass_on_a_fresh_site(bench: Path, capfd: pytest.CaptureFixture[str]) -> None:
	with capfd.disabled(), fresh_site(bench) as site:
		print(f"\n--- {bench.name}: site tests ---", flush=True)
		code = site.pytest("tests/site", "tests/ui")
	assert code == 0, f"site tests failed on {bench.name}; see above"
