"""Real processes to be killed, cut off or held up at any statement that they send to the database.

Nothing of this is known to the app: the wrapper is laid around the host's own ``Database.sql``, in a process
that is there for one test.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import frappe
from frappe.database.database import Database

from tests.site.conftest import SITE

#: What can be cut between: each lock, each write, each commit.
POINTS = re.compile(
	r"\s*(insert|update|delete|replace|commit)\b|.*(for update|lock in share mode)\s*$", re.I | re.S
)
#: With this each chunk of a full run begins.
CHUNK = re.compile(r".*lock in share mode\s*$", re.I | re.S)
_kept: list[object] = []
T = TypeVar("T")


def at_statement(number: int, act: Callable[[], None], pattern: re.Pattern[str] = POINTS) -> None:
	"""In this process, act just before the n-th statement that matches."""
	numbers, original = count(1), Database.sql

	def sql(self: Database, query: object, *args: object, **kwargs: object) -> object:
		if pattern.match(str(query)) and next(numbers) == number:
			act()
		return original(self, query, *args, **kwargs)

	Database.sql = sql


def die() -> None:
	os.kill(os.getpid(), signal.SIGKILL)


def wait_for_file(path: Path) -> Callable[[], None]:
	"""Tell that this point is reached, and go on once the file is gone."""

	def wait() -> None:
		path.touch()
		while path.exists():
			time.sleep(0.02)

	return wait


class Process:
	"""A fork of this process with a connection of its own, so that pandas need not be loaded anew."""

	def __init__(self, work: Callable[[], object], before: Callable[[], None] | None = None):
		frappe.db.commit()
		self.pid = os.fork()
		if not self.pid:
			self._run(work, before)

	@staticmethod
	def _run(work: Callable[[], object], before: Callable[[], None] | None) -> None:
		try:
			_kept.append(frappe.local.db)  # the parent's connection: closing it here would end it there
			frappe.init(SITE, sites_path=os.environ["SITES_PATH"], force=True)
			frappe.connect()
			frappe.set_user("Administrator")
			if before:
				before()
			work()
			frappe.db.commit()
		except BaseException:
			if os.environ.get("SHOW_FAULTS"):
				traceback.print_exc()
			os._exit(1)
		os._exit(0)

	def wait(self) -> int:
		"""Its exit code, or minus the signal that ended it."""
		code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
		frappe.db.rollback()  # see what it wrote
		return code

	def kill(self) -> int:
		os.kill(self.pid, signal.SIGKILL)
		return self.wait()


def until(condition: Callable[[], T], seconds: float = 30) -> T:
	"""Return once something is so; gives what it is."""
	end = time.monotonic() + seconds
	while not (found := condition()):
		assert time.monotonic() < end, "it did not come to that"
		time.sleep(0.02)
	return found


def work(*queues: str, die_at: int = 0) -> str:
	"""A real worker on the site's own queues, until they are empty; its jobs may die at a statement."""
	done = subprocess.run(
		[sys.executable, __file__, ",".join(queues), str(die_at)],
		cwd=os.environ["SITES_PATH"],
		env=os.environ,
		stdin=subprocess.DEVNULL,
		stdout=subprocess.PIPE,
		stderr=subprocess.STDOUT,
		text=True,
		timeout=120,
	)
	frappe.db.rollback()  # see what it wrote
	return done.stdout


def database(*words: str, doctypes: Sequence[str] = (), **streams: Any) -> None:
	"""Run the database's own client program, or its dump, as the site's user."""
	conf = frappe.conf
	user = conf.get("db_user") or conf.db_name
	command = [words[0], f"--user={user}", "--host=127.0.0.1", f"--port={conf.db_port or 3306}", *words[1:]]
	environment = os.environ | {"MYSQL_PWD": conf.db_password}
	tables = [f"tab{doctype}" for doctype in doctypes]
	subprocess.run([*command, conf.db_name, *tables], env=environment, check=True, **streams)


def fill_queue(name: str, jobs: int) -> None:
	"""Put real jobs on a queue, more than may wait there."""
	for _number in range(jobs):
		frappe.enqueue("frappe.ping", queue=name)


if __name__ == "__main__":
	from frappe.utils.background_jobs import start_worker

	if int(sys.argv[2]):
		at_statement(int(sys.argv[2]), die)
	start_worker(queue=sys.argv[1], burst=True)
