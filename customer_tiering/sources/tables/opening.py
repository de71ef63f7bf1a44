"""From the paths that a user names to what can be opened: files in folders, in archives, packed text."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from customer_tiering.sources.tables.table import TableError

TEXT, BOOK = "text", "book"
#: What a table in a folder or an archive is called.
SUFFIXES = (".csv", ".tsv", ".txt", ".gz", ".zip", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
BOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
MAX_BOOK = 2_000_000_000  # bytes of a workbook when it is unpacked
MAX_MEMBERS = 1_000
_ZIP, _GZIP, _OLE = b"PK\3\4", b"\x1f\x8b", b"\xd0\xcf\x11\xe0"
#: Files of which a zip archive is a workbook.
_OF_BOOKS = ("[Content_Types].xml", "mimetype", "META-INF/manifest.xml")


@dataclass(frozen=True)
class Opened:
	"""A file, or a file in an archive, and whether it is text or a workbook."""

	path: Path
	kind: str
	member: str = ""
	packed: bool = False

	@property
	def name(self) -> str:
		"""What people are told it is called."""
		return f"{self.path}/{self.member}" if self.member else str(self.path)

	@contextmanager
	def stream(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
		"""Its bytes, unpacked; and the file on the disk, which tells how far one has read."""
		with _explained(self.name), ExitStack() as stack:
			raw = stack.enter_context(self.path.open("rb"))
			source: IO[bytes] = raw
			if self.member:
				source = stack.enter_context(stack.enter_context(zipfile.ZipFile(raw)).open(self.member))
			if self.packed:
				source = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=source)))
			yield source, raw


def opened(paths: Sequence[Path]) -> tuple[list[Opened], list[str]]:
	"""All that paths stand for, in order; and what in folders and archives is no table, by name.

	Raises:
		TableError: a file cannot be read, or is none of the kinds that can be.
	"""
	found: list[Opened] = []
	skipped: list[str] = []
	for path in paths:
		for file in _files(path, skipped) if path.is_dir() else [path]:
			found += _looked_at(file, skipped)
	return found, skipped


def _files(folder: Path, skipped: list[str]) -> list[Path]:
	inside = sorted(file for file in folder.iterdir() if not file.name.startswith((".", "~$")))
	found = [file for file in inside if file.is_file() and file.suffix.lower() in SUFFIXES]
	skipped += [str(file) for file in inside if file not in found]
	if not found:
		raise TableError(f"The folder {folder} holds no file of {', '.join(SUFFIXES)}.")
	return found


def _looked_at(path: Path, skipped: list[str]) -> list[Opened]:
	with path.open("rb") as file:
		start = file.read(512)
	if start[:4] == _ZIP:
		return _in_archive(path, skipped)
	if start[:2] == _GZIP:
		with Opened(path, TEXT, packed=True).stream() as (inner, _raw):
			return [Opened(path, BOOK if inner.read(4) in (_ZIP, _OLE) else TEXT, packed=True)]
	return [Opened(path, _kind(path.name, path.suffix, start))]


def _kind(name: str, suffix: str, start: bytes) -> str:
	if start[:4] in (_ZIP, _OLE):
		return BOOK
	if start.lstrip()[:1] == b"<" and b"<" in start[1:]:
		raise TableError(
			f"{name} is a web page or XML and no table; open it in a spreadsheet and save it as .xlsx."
		)
	if suffix.lower() in BOOKS:
		raise TableError(f"{name} is not an Excel workbook that can be read; save it as .xlsx or .csv.")
	return TEXT


def _in_archive(path: Path, skipped: list[str]) -> list[Opened]:
	with _explained(str(path)), zipfile.ZipFile(path) as archive:
		members = archive.infolist()
		names = [member.filename for member in members]
		if any(name in names for name in _OF_BOOKS):
			if sum(member.file_size for member in members) > MAX_BOOK:
				raise TableError(f"{path} is too large when it is unpacked; save it as .csv.")
			return [Opened(path, BOOK)]
		inside = sorted(name for name in names if not name.endswith("/"))
		wanted = [name for name in inside if _is_table(name)][:MAX_MEMBERS]
		skipped += [f"{path}/{name}" for name in inside if name not in wanted and "__MACOSX" not in name]
		if not wanted:
			raise TableError(
				f"{path} is not an Excel workbook and no archive of tables; save it as .xlsx or .csv."
			)
		return [_member(archive, path, name) for name in wanted]


def _is_table(name: str) -> bool:
	own = name.rpartition("/")[2].lower()
	return (
		own.endswith(SUFFIXES)
		and not own.endswith(".zip")
		and not own.startswith((".", "~$"))
		and "__MACOSX" not in name
	)


def _member(archive: zipfile.ZipFile, path: Path, name: str) -> Opened:
	with archive.open(name) as inner:
		start = inner.read(512)
	if start[:2] == _GZIP:
		return Opened(path, TEXT, name, packed=True)
	return Opened(path, _kind(f"{path}/{name}", Path(name).suffix, start), name)


@contextmanager
def _explained(name: str) -> Iterator[None]:
	try:
		yield
	except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as problem:
		what = (
			"is protected by a password"
			if "password" in str(problem)
			else "is not an Excel workbook or archive that can be read"
		)
		raise TableError(f"{name} {what}; save it again as .xlsx or .csv.") from problem
	except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
		raise TableError(f"{name} is damaged: it cannot be unpacked to its end.") from problem


def whole(file: Opened) -> io.BytesIO:
	"""A workbook's bytes.

	Raises:
		TableError: there are too many.
	"""
	with file.stream() as (source, _raw):
		content = source.read(MAX_BOOK + 1)
	if len(content) > MAX_BOOK:
		raise TableError(f"{file.name} is too large when it is unpacked; save it as .csv.")
	return io.BytesIO(content)
