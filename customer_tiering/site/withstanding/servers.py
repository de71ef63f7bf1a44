"""Whether a Redis server answers at once.

The host's own clients wait: some seconds where nobody listens, and for ever on a server that takes a
connection and is silent. Whoever must not wait asks here first.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Thread
from urllib.parse import SplitResult, urlsplit

import frappe

from customer_tiering.site.withstanding import log

CACHE, QUEUE = "redis_cache", "redis_queue"
#: Seconds that a server has to answer, and for which it is left alone after it has not.
PATIENCE = 0.25
REST = 30.0
_PORT = 6379
#: Until when each address is left alone, in this process.
_silent: dict[str, float] = {}


def answers(which: str) -> bool:
	"""Whether the server of this name in the site's configuration answers; takes ``PATIENCE`` at most.

	Yes, too, for one that is reached in a way not known here: then the host is to find out.
	"""
	conf = frappe.local.conf
	address = conf.get(which)
	if not address or conf.get(f"{which}_sentinel_enabled"):
		return True
	if time.monotonic() < _silent.get(address, 0.0):
		return False
	if _asked(address):
		_silent.pop(address, None)
		return True
	_silent[address] = time.monotonic() + REST
	log.note(f"{which} does not answer; it is left alone for {REST:g} seconds")
	return False


def _asked(address: str) -> bool:
	"""Ask in a thread of its own, since looking up a host's name knows no time limit."""
	said: list[bool] = []
	asking = Thread(target=lambda: said.append(_greeted(urlsplit(address))), daemon=True)
	asking.start()
	asking.join(PATIENCE)
	return bool(said and said[0])


def _greeted(url: SplitResult) -> bool:
	with suppress(OSError), _connected(url) as server:
		if url.scheme == "rediss":
			return True  # a greeting in clear is none there
		server.sendall(b"PING\r\n")
		return server.recv(64).startswith((b"+PONG", b"-NOAUTH"))
	return False


def _connected(url: SplitResult) -> socket.socket:
	if url.scheme == "unix":
		server = socket.socket(socket.AF_UNIX)
		server.settimeout(PATIENCE)
		server.connect(url.path)
		return server
	return socket.create_connection((url.hostname or "localhost", url.port or _PORT), PATIENCE)
