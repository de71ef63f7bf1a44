"""The site's own Redis servers are away for a while."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from customer_tiering.site.withstanding import servers
from tests.bench import start_redis
from tests.site.conftest import PORTS

_restarted: list[subprocess.Popen[bytes]] = []


@contextmanager
def redis_stopped() -> Iterator[None]:
	"""Meanwhile nobody listens on their ports; afterwards they are there again, and empty."""
	for port in PORTS.values():
		try:
			redis.Redis(port=port).shutdown(nosave=True)
		except redis.ConnectionError:
			pass  # it has no time to answer
	for server in _restarted:  # of the time before; nothing that runs may stay behind
		server.wait(10)
	try:
		yield
	finally:
		_restarted[:] = [start_redis(port) for port in PORTS.values()]
		servers._silent.clear()  # as in a process that has not met them yet
