"""The tests of site and desk pass in every bench that is found: side by side, each on a fresh site."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import find_benches
from tests.conftest import Running

BENCHES = find_benches()
NONE_FOUND = "no bench found (FRAPPE_BENCH, or ~/frappe-bench*): the site tests were not run"


@pytest.mark.parametrize(
	"bench",
	[pytest.param(b, id=b.name) for b in BENCHES]
	or [pytest.param(None, id="none", marks=pytest.mark.skip(reason=NONE_FOUND))],
)
def test_site_tests_pass_on_a_fresh_site(
	bench: Path, running: Running, capfd: pytest.CaptureFixture[str]
) -> None:
	process, log = running[bench]
	code = process.wait()
	with capfd.disabled():
		print(f"\n--- {bench.name}: site tests ---\n{log.read_text(errors='replace')}", flush=True)
	assert code == 0, f"site tests failed on {bench.name}; see above"
