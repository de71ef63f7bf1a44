"""Where the files of a run go: all of them, or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch() -> Iterator[Path]:
	"""A folder whose files nobody wants."""
	with tempfile.TemporaryDirectory(prefix="customer-tiering-") as folder:
		yield Path(folder)


@contextmanager
def staged(out: Path) -> Iterator[Path]:
	"""A folder whose files move to ``out`` when all went well; else nothing is left of them."""
	created = not out.exists()
	out.mkdir(parents=True, exist_ok=True)
	stage = Path(tempfile.mkdtemp(prefix=".customer-tiering-", dir=out))
	try:
		yield stage
		for file in sorted(stage.iterdir()):
			os.replace(file, out / file.name)
	finally:
		shutil.rmtree(stage, ignore_errors=True)
		if created and not any(out.iterdir()):
			out.rmdir()


def names_in(folder: Path) -> list[str]:
	"""The names of its files, in order."""
	return sorted(file.name for file in folder.iterdir())
