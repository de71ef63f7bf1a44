"""The site tests take longest: where they are wanted, they begin with the session, beside the unit tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import CHECKOUT, find_benches

Running = dict[Path, tuple[subprocess.Popen[bytes], Path]]


@pytest.fixture(scope="session", autouse=True)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
	"""The site tests of every bench: each has a site and servers of its own, and a log."""
	wanted = any(item.path.name == "test_benches.py" for item in request.session.items)
	started: Running = {}
	for bench in find_benches() if wanted else ():
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
