"""The tests of site and desk pass in every bench that is found: side by side, each part on a fresh site."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import find_benches
from tests.conftest import PARTS, Running

EACH = [pytest.param(bench, part, id=f"{bench.name}-{part}") for part in PARTS for bench in find_benches()]
NONE_FOUND = "no bench found (FRAPPE_BENCH, or ~/frappe-bench*): the site tests were not run"
NONE = pytest.param(None, "", id="none", marks=pytest.mark.skip(reason=NONE_FOUND))


@pytest.mark.parametrize(("bench", "part"), EACH or [NONE])
def test_site_tests_pass_on_a_fresh_site(
	bench: Path, part: str, running: Running, capfd: pytest.CaptureFixture[str]
) -> None:
	exit_code, log = running[bench, part]
	code = exit_code.result()
	with capfd.disabled():
		print(f"\n--- {bench.name}, {part}: site tests ---\n{log.read_text(errors='replace')}", flush=True)
	assert code == 0, f"site tests failed on {bench.name}, {part}; see above"
