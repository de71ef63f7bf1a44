"""Runs the tests of site and desk in every bench that is found: side by side, each on a fresh site."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import CHECKOUT, find_benches

BENCHES = find_benches()
NONE_FOUND = "no bench found (FRAPPE_BENCH, or ~/frappe-bench*): the site tests were not run"
Running = dict[Path, tuple[subprocess.Popen[bytes], Path]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
	"""The site tests of every bench, begun at once: each has a site, servers and a processor of its own."""
	started: Running = {}
	for bench in BENCHES:
		log = tmp_path_factory.mktemp(bench.name) / "log"
		command = [sys.executable, "-m", "tests.bench", str(bench), "--fresh", "tests/site", "tests/ui"]
		with log.open("wb") as out:
			started[bench] = (
				subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=out, stderr=out),
				log,
			)
	yield started
	for process, _log in started.values():
		process.terminate()  # it drops its site
		process.wait(60)


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
