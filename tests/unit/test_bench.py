"""What starts the servers of a bench, without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.bench import CHECKOUT, free_port

SERVER = """#!{python}
import socket, sys, time
from pathlib import Path
with Path({starts!r}).open("a") as starts:
	starts.write("started\\n")
time.sleep(1)
listening = socket.create_server(("127.0.0.1", {port}))
time.sleep(5)
"""


def test_benches_that_start_at_once_start_one_database(tmp_path: Path) -> None:
	"""``mariadbd-safe`` that finds its files locked gives up after a while and kills whoever holds them."""
	port, starts = free_port(), tmp_path / "starts"
	server = tmp_path / "mariadbd-safe"
	server.write_text(SERVER.format(python=sys.executable, starts=str(starts), port=port))
	server.chmod(0o755)
	start = f"from tests.bench import _start_mariadb; _start_mariadb({{'db_port': {port}}})"
	path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
	benches = [
		subprocess.Popen([sys.executable, "-c", start], cwd=CHECKOUT, env=os.environ | {"PATH": path})
		for _ in range(3)
	]
	assert [bench.wait(60) for bench in benches] == [0, 0, 0]
	assert starts.read_text() == "started\n"
