"""A real worker of the host's."""

from __future__ import annotations

import os
import subprocess
import sys

import frappe


def work(queue: str) -> None:
	"""Work on one of the site's own queues until it is empty; then see what was written."""
	frappe.db.commit()
	subprocess.run(
		[sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue", queue, "--burst"],
		cwd=os.environ["SITES_PATH"],
		env=os.environ,
		check=True,
		stdin=subprocess.DEVNULL,
		stdout=subprocess.DEVNULL,
		stderr=subprocess.DEVNULL,
		timeout=120,
	)
	frappe.db.commit()
