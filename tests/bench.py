"""Uses a bench that is there: a sites folder, a site and Redis servers of our own, all gone afterwards.

The bench's apps and environment are read, its sites are never touched. The app under test is this checkout,
whatever the bench has installed. While working, a site can be kept from one run to the next::

	python -m tests.bench ~/frappe-bench-15 tests/site/grading/test_outbox.py   # made at first, then reused
	python -m tests.bench ~/frappe-bench-15 --migrate                           # after a DocType has changed
	python -m tests.bench ~/frappe-bench-15 --serve                             # look at it, as Administrator
	python -m tests.bench ~/frappe-bench-15 --drop
	python -m tests.bench ~/frappe-bench-15 --fresh tests/site tests/ui         # as the whole suite does

Where several runs want a fresh site each, ``CUSTOMER_TIERING_MADE`` names a folder: the first run of a bench
leaves its site there as it was made, and the others copy it, which takes a fifteenth of the time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
PASSWORD = "admin"
#: What the database looked like before the app was installed, for the test that uninstalls it.
SCHEMA = "schema_before.json"


def find_benches() -> list[Path]:
	"""Benches named by FRAPPE_BENCH (several separated by a colon), or all of ``~/frappe-bench*``."""
	named = os.environ.get("FRAPPE_BENCH")
	paths = [Path(p) for p in named.split(":")] if named else sorted(Path.home().glob("frappe-bench*"))
	return [path for path in paths if (path / "apps/erpnext").is_dir() and (path / "env/bin/python").exists()]


@dataclass(frozen=True)
class Site:
	"""A fresh site of a bench, with ERPNext and the app installed, ready to sell."""

	bench: Path
	sites: Path
	name: str
	redis: dict[str, int]

	@property
	def python(self) -> str:
		return str(self.bench / "env/bin/python")

	@property
	def environment(self) -> dict[str, str]:
		return os.environ | {
			"PYTHONPATH": str(CHECKOUT),
			"SITES_PATH": str(self.sites),
			"CUSTOMER_TIERING_SITE": self.name,
			"CUSTOMER_TIERING_BENCH": str(self.bench),
			"CUSTOMER_TIERING_REDIS": json.dumps(self.redis),
			"CI": "1",  # the host's web server then runs without its debugger
		}

	def frappe(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
		"""Run a bench command on the site."""
		command = [self.python, "-m", "frappe.utils.bench_helper", "frappe", "--site", self.name, *words]
		done = subprocess.run(
			command,
			cwd=self.sites,
			env=self.environment,
			text=True,
			stdin=subprocess.DEVNULL,
			stdout=subprocess.PIPE,
			stderr=subprocess.STDOUT,
		)
		if check and done.returncode:
			raise RuntimeError(f"{' '.join(words[:2])} failed on {self.bench.name}:\n{done.stdout[-6000:]}")
		return done

	def pytest(self, *words: str) -> int:
		"""Run pytest in the bench's environment, on this site; gives its exit code."""
		command = [self.python, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(CHECKOUT)]
		return subprocess.run(
			[*command, "-o", "testpaths=", *words],
			cwd=CHECKOUT,
			env=self.environment,
			stdin=subprocess.DEVNULL,
		).returncode


@contextmanager
def fresh_site(bench: Path) -> Iterator[Site]:
	"""Make a site on a bench, and drop it, also when the run is told to end."""
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	home = Path(tempfile.mkdtemp(prefix="customer-tiering-"))
	try:
		with _laid_out(bench, home) as site:
			try:
				_make_or_copy(site)
				yield site
			finally:
				_drop(site)
	finally:
		shutil.rmtree(home, ignore_errors=True)


@contextmanager
def kept_site(bench: Path) -> Iterator[Site]:
	"""The site of this checkout on a bench, made where there is none yet; its Redis servers go, it stays."""
	home = _kept_home(bench)
	home.mkdir(exist_ok=True)
	with (home / "lock").open("w") as lock:
		fcntl.flock(lock, fcntl.LOCK_EX)  # one run at a time
		with _laid_out(bench, home) as site:
			if not (site.sites / site.name / "made").exists():
				_drop(site)
				_make(site)
				(site.sites / site.name / "made").touch()
			yield site


def drop_kept_site(bench: Path) -> None:
	"""Drop the site that :func:`kept_site` keeps."""
	home = _kept_home(bench)
	with _laid_out(bench, home) as site:
		_drop(site)
	shutil.rmtree(home, ignore_errors=True)


def _kept_home(bench: Path) -> Path:
	"""One folder per checkout and bench."""
	return Path(tempfile.gettempdir()) / f"customer-tiering-kept-{_short(f'{CHECKOUT} {bench}')}"


def _short(text: object) -> str:
	"""A name for a folder or a lock, the same for the same text."""
	return hashlib.sha256(str(text).encode()).hexdigest()[:8]


@contextmanager
def _laid_out(bench: Path, home: Path) -> Iterator[Site]:
	"""A sites folder in ``home``, with servers that run meanwhile; the site itself need not be there yet."""
	_complete_environment(bench)
	conf = json.loads((bench / "sites/common_site_config.json").read_text())
	_start_mariadb(conf)
	redis = {kind: free_port() for kind in ("redis_cache", "redis_queue")}
	servers = [start_redis(port) for port in redis.values()]
	try:
		_lay_out(bench, home / "sites", conf, redis)
		yield Site(bench, home / "sites", _name(home), redis)
	finally:
		for server in servers:
			server.send_signal(signal.SIGTERM)
			server.wait(10)


def _name(home: Path) -> str:
	"""The site of a sites folder, or a new name."""
	made = next((home / "sites").glob("tiering-*.localhost"), None)
	return made.name if made else f"tiering-{secrets.token_hex(4)}.localhost"


def _drop(site: Site) -> None:
	archive = ("--archived-sites-path", str(site.sites.parent / "archived"))
	site.frappe("drop-site", site.name, "--no-backup", "--force", *archive, check=False)


def start_redis(port: int) -> subprocess.Popen[bytes]:
	"""A Redis server that keeps nothing; returns once it answers."""
	server = subprocess.Popen(
		["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
		stdout=subprocess.DEVNULL,
		stderr=subprocess.DEVNULL,
	)
	wait_for(port, "Redis")
	return server


def _make_or_copy(site: Site) -> None:
	folder = os.environ.get("CUSTOMER_TIERING_MADE")
	if not folder:
		_make(site)
		return
	made = Path(folder) / _short(site.bench)
	with _alone(f"making-{_short(made)}"):
		if made.exists():
			_new_site(site, "--source-sql", str(made / "site.sql"))
			shutil.copy(made / SCHEMA, site.sites)
			return
		_make(site)
		_leave_for_others(site, made)


def _leave_for_others(site: Site, made: Path) -> None:
	unfinished = made.with_suffix(".unfinished")
	unfinished.mkdir()
	conf = json.loads((site.sites / "common_site_config.json").read_text())
	conf |= json.loads((site.sites / site.name / "site_config.json").read_text())
	where = ["--host", conf.get("db_host") or "localhost", "--port", str(conf.get("db_port") or 3306)]
	command = ["mariadb-dump", *where, "--user", conf["db_name"], "--single-transaction", conf["db_name"]]
	with (unfinished / "site.sql").open("wb") as out:
		subprocess.run(command, env=os.environ | {"MYSQL_PWD": conf["db_password"]}, stdout=out, check=True)
	shutil.copy(site.sites / SCHEMA, unfinished)
	unfinished.rename(made)


def _new_site(site: Site, *words: str) -> None:
	password = ("--admin-password", PASSWORD)
	site.frappe("new-site", site.name, *password, "--mariadb-user-host-login-scope=%", *words)


def _make(site: Site) -> None:
	_new_site(site, "--install-app", "erpnext")
	done = subprocess.run(
		[site.python, str(CHECKOUT / "tests/site/helpers/company.py"), site.name],
		cwd=site.sites,
		env=site.environment,
		text=True,
		stdout=subprocess.PIPE,
		stderr=subprocess.STDOUT,
	)
	if done.returncode:
		raise RuntimeError(f"The setup wizard failed on {site.bench.name}:\n{done.stdout[-6000:]}")


def _lay_out(bench: Path, sites: Path, conf: dict[str, object], redis: dict[str, int]) -> None:
	"""A sites folder like the bench's, with the app among its apps and job queues of its own."""
	own = {kind: f"redis://127.0.0.1:{port}" for kind, port in redis.items()}
	own |= {"redis_socketio": own["redis_cache"], "bench_id": sites.parent.name, "default_site": ""}
	for folder in (sites / "assets", sites.parent / "logs"):
		folder.mkdir(parents=True, exist_ok=True)
	(sites / "common_site_config.json").write_text(json.dumps(conf | own))
	(sites / "apps.txt").write_text("frappe\nerpnext\ncustomer_tiering\n")
	for asset in (bench / "sites/assets").iterdir():
		if asset.name != "customer_tiering":
			_link(sites / "assets" / asset.name, asset.resolve())
	_link(sites / "assets/customer_tiering", CHECKOUT / "customer_tiering/public")


def _link(link: Path, target: Path) -> None:
	link.unlink(missing_ok=True)
	link.symlink_to(target)


#: Prints those of the packages named to it that an environment has not.
_PROBE = """
import sys
from importlib.metadata import PackageNotFoundError, version
for name in sys.argv[1:]:
	try:
		version(name)
	except PackageNotFoundError:
		print(name)
"""


def _complete_environment(bench: Path) -> None:
	"""Install what the app and its tests need and the bench's environment lacks."""
	python = str(bench / "env/bin/python")
	wanted = _requirements()
	with _alone(f"environment-{_short(bench)}"):
		missing = subprocess.check_output([python, "-c", _PROBE, *wanted], text=True).split()
		if missing:
			lines = [line for name in missing for line in wanted[name]]
			subprocess.run([python, "-m", "pip", "install", "--quiet", *lines], check=True)


@contextmanager
def _alone(what: str) -> Iterator[None]:
	"""One process at a time does this, of those that test side by side."""
	with (Path(tempfile.gettempdir()) / f"customer-tiering-{what}.lock").open("w") as lock:
		fcntl.flock(lock, fcntl.LOCK_EX)
		yield


def _requirements() -> dict[str, list[str]]:
	"""What the project asks for, by package: perhaps another version on another Python."""
	project = _read_toml(CHECKOUT / "pyproject.toml")["project"]
	found: dict[str, list[str]] = {}
	for line in (*project["dependencies"], *project["optional-dependencies"]["test"]):
		found.setdefault(re.split(r"[^\w.-]", line)[0], []).append(line)
	return found


def _read_toml(path: Path) -> dict[str, Any]:
	try:
		import tomllib as toml
	except ImportError:  # before Python 3.11, where pytest brings this one
		import tomli as toml
	return toml.loads(path.read_text())


def _start_mariadb(conf: dict[str, object]) -> None:
	"""Start the server unless it answers: once, though benches are tested side by side."""
	port = int(str(conf.get("db_port") or 3306))
	with _alone(f"mariadb-{port}"):
		if not answers(port):
			subprocess.Popen(
				["mariadbd-safe", "--user=mysql", "--skip-kill-mysqld"],
				stdin=subprocess.DEVNULL,
				stdout=subprocess.DEVNULL,
				stderr=subprocess.DEVNULL,
				start_new_session=True,
			)
			wait_for(port, "MariaDB")


def free_port() -> int:
	"""A port on loopback that nobody listens on."""
	with socket.socket() as probe:
		probe.bind(("127.0.0.1", 0))
		return int(probe.getsockname()[1])


def answers(port: int) -> bool:
	"""Whether something listens on a port of this machine."""
	with socket.socket() as probe:
		return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int, what: str, seconds: float = 60) -> None:
	"""Return once something listens on a port."""
	end = time.monotonic() + seconds
	while not answers(port):
		if time.monotonic() > end:
			sys.exit(f"{what} does not answer on port {port}.")
		time.sleep(0.1)


def main(words: list[str]) -> int:
	"""Run pytest on a kept site, or do to it what an option says."""
	bench, *rest = words
	path = Path(bench).expanduser().resolve()
	if rest == ["--drop"]:
		drop_kept_site(path)
		return 0
	if rest[:1] == ["--fresh"]:
		with fresh_site(path) as site:
			return site.pytest(*rest[1:])
	with kept_site(path) as site:
		if rest == ["--migrate"]:
			print(site.frappe("migrate").stdout[-2000:])
			return 0
		if rest == ["--serve"]:
			print(f"http://127.0.0.1:8080 as Administrator, password {PASSWORD}; end with Ctrl-C", flush=True)
			return site.frappe("serve", "--port", "8080", "--noreload", check=False).returncode
		return site.pytest(*rest)


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
