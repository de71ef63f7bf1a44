"""The site tests take longest: where they are wanted, they begin with the session, beside the unit tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.bench import CHECKOUT, find_benches

#: The site tests in two halves, each on a site of its own (the second copies the first's as it was made); the
#: longer one begins first.
PARTS = {
	"others": ("tests/site", "--ignore=tests/site/reports"),
	"reports": ("tests/site/reports", "tests/ui"),
}
#: So many parts run side by side: browsers wait half of the time, and no part runs alone at the end.
AT_ONCE = 4
#: What takes longest is told: it is the first to be looked at when the whole takes too long.
LONGEST = ("--durations=25", "--durations-min=2")
#: By bench and part, the exit code to come and the log.
Running = dict[tuple[Path, str], tuple["Future[int]", Path]]


@pytest.fixture(scope="session", autouse=True)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
	"""The site tests of every bench and part, the first parts begun."""
	wanted = any(item.path.name == "test_benches.py" for item in request.session.items)
	begun: list[subprocess.Popen[bytes]] = []
	environment = os.environ | {"CUSTOMER_TIERING_MADE": str(tmp_path_factory.mktemp("made"))}

	def run(bench: Path, part: str, log: Path) -> int:
		command = [sys.executable, "-m", "tests.bench", str(bench), "--fresh", *PARTS[part], *LONGEST]
		with log.open("wb") as out:
			process = subprocess.Popen(
				command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
			)
		begun.append(process)
		return process.wait()

	parts = [(bench, part) for part in PARTS for bench in find_benches()] if wanted else []
	logs = {one: tmp_path_factory.mktemp(f"{one[0].name}-{one[1]}") / "log" for one in parts}
	with ThreadPoolExecutor(AT_ONCE) as pool:
		yield {one: (pool.submit(run, *one, logs[one]), logs[one]) for one in parts}
		pool.shutdown(wait=False, cancel_futures=True)
		for process in begun:
			process.terminate()  # it drops its site
