"""A MariaDB of our own with a replica that follows it; both go afterwards."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

from tests.bench import free_port, wait_for

_FOLLOW = (
	"change master to master_host = '127.0.0.1', master_port = {}, master_user = 'follower',"
	" master_password = 'follower', master_use_gtid = slave_pos"
)


@dataclass(frozen=True)
class Server:
	"""A MariaDB server on loopback, whose root needs no password."""

	port: int
	process: subprocess.Popen[bytes]

	def run(self, *statements: str) -> Any:
		"""Run statements as root; gives the rows of the last."""
		with pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True) as connection:
			with connection.cursor() as cursor:
				for statement in statements:
					cursor.execute(statement)
				return cursor.fetchall()

	def stop(self) -> None:
		"""Stop it, as when a machine is switched off."""
		self.process.kill()
		self.process.wait(30)


@contextmanager
def pair(home: Path) -> Iterator[tuple[Server, Server]]:
	"""A primary that keeps a log, and a replica that plays it."""
	with _server(home / "primary", 1, "--log-bin") as primary, _server(home / "replica", 2) as replica:
		primary.run(
			"create user follower@'%' identified by 'follower'",
			"grant replication slave on *.* to follower@'%'",
		)
		replica.run(_FOLLOW.format(primary.port), "start slave")
		yield primary, replica


@contextmanager
def _server(home: Path, number: int, *options: str) -> Iterator[Server]:
	data = home / "data"
	home.mkdir()
	common = ["--no-defaults", f"--datadir={data}", "--user=root"]
	quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
	install = ["--auth-root-authentication-method=normal", "--skip-test-db"]
	subprocess.run(["mariadb-install-db", *common, *install], check=True, **quiet)
	port = free_port()
	process = subprocess.Popen(
		[
			"mariadbd", *common, *options, f"--server-id={number}", "--bind-address=127.0.0.1",
			f"--port={port}", f"--socket={home / 'socket'}", f"--pid-file={home / 'pid'}",
			"--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci",
		],
		**quiet,
	)  # fmt: skip
	try:
		wait_for(port, "A MariaDB of the test's own")
		yield Server(port, process)
	finally:
		with suppress(ProcessLookupError):
			process.terminate()
		process.wait(60)
