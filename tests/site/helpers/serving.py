"""The fresh site, served by the host's own server, and people who talk to it over HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe
import requests

from tests.bench import free_port, wait_for
from tests.site.conftest import SITE

PASSWORD = "Correct-Horse-9"
SECONDS = 120


@contextmanager
def served() -> Iterator[str]:
	"""Address of the served site."""
	port = free_port()
	server = subprocess.Popen(
		[
			sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "--site", SITE,
			"serve", "--port", str(port), "--noreload",
		],
		cwd=os.environ["SITES_PATH"],
		stdin=subprocess.DEVNULL,
		stdout=subprocess.DEVNULL,
		stderr=subprocess.DEVNULL,
	)  # fmt: skip
	try:
		wait_for(port, "The site")
		yield f"http://127.0.0.1:{port}"
	finally:
		server.send_signal(signal.SIGTERM)
		server.wait(20)


class Person:
	"""Somebody with a session of his own, or a guest."""

	def __init__(self, address: str, user: str | None = None, password: str = PASSWORD):
		self.address, self.session = address, requests.Session()
		if user:
			reply = self.send("POST", "/api/method/login", {"usr": user, "pwd": password})
			assert reply.ok, reply.text

	def send(self, verb: str, path: str, values: dict[str, Any] | None = None) -> requests.Response:
		"""One request; values go into the address of a GET, and as JSON into the body of any other."""
		kind = "params" if verb == "GET" else "json"
		return self.session.request(
			verb,
			self.address + path,
			headers={"Accept": "application/json"},
			timeout=SECONDS,
			**{kind: values},
		)

	def call(self, function: str, verb: str = "POST", **values: Any) -> requests.Response:
		"""Call a whitelisted function."""
		return self.send(verb, f"/api/method/{function}", values)


def make_user(email: str, *roles: str, website: bool = False) -> str:
	"""A user with just these roles, who can log in."""
	if not frappe.db.exists("User", email):
		user = frappe.new_doc("User")
		user.update(
			{
				"email": email,
				"first_name": email.split("@")[0],
				"send_welcome_email": 0,
				"user_type": "Website User" if website else "System User",
				"new_password": PASSWORD,
			}
		)
		user.insert().add_roles(*roles)
	return email
