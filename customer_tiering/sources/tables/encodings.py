"""Which encoding a text has: as its mark says, else UTF-8, else as its headings and letters tell."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import IO

import charset_normalizer

_MARKS = (
	(codecs.BOM_UTF8, "utf-8-sig"),
	(codecs.BOM_UTF32_LE, "utf-32"),
	(codecs.BOM_UTF32_BE, "utf-32"),
	(codecs.BOM_UTF16_LE, "utf-16"),
	(codecs.BOM_UTF16_BE, "utf-16"),
)
#: What offices save text in besides UTF-8.
_LIKELY = (
	"gb18030", "big5", "cp1252", "cp1250", "cp1251", "shift_jis", "euc_kr", "cp1253", "cp1254", "cp1255",
	"cp1256", "cp1257", "cp1258", "cp874",
)  # fmt: skip
_BLOCK, _SAMPLE = 1_000_000, 100_000  # bytes


def found_encoding(stream: IO[bytes], recognised: Callable[[str], int]) -> str:
	"""The name of a text's encoding; empty where none that is likely can be.

	Args:
		stream: its bytes, from the first on.
		recognised: how many names of columns it knows in a text.
	"""
	block = stream.read(_BLOCK)
	start = block[:4000]
	for mark, name in _MARKS:
		if start.startswith(mark):
			return name
	if wide := _unmarked_utf16(start):
		return wide
	decoder = codecs.getincrementaldecoder("utf-8")()
	sample = start
	is_utf8 = True
	while block:
		try:
			decoder.decode(block)
		except UnicodeDecodeError:
			is_utf8 = False
		if not is_utf8:
			lines = (line for line in block.split(b"\n") if not line.isascii())
			sample += b"\n" + b"\n".join(lines)[:_SAMPLE]
			if len(sample) > _SAMPLE:
				break
		block = stream.read(_BLOCK)
	return "utf-8-sig" if is_utf8 and not decoder.getstate()[0] else _guessed(start, sample, recognised)


def _unmarked_utf16(start: bytes) -> str:
	"""Every other byte of Latin text in UTF-16 is NUL."""
	even, odd = start[0::2].count(0), start[1::2].count(0)
	if max(even, odd) * 10 < len(start) or min(even, odd) * 4 > max(even, odd) or len(start) < 8:
		return ""
	return "utf-16-le" if odd > even else "utf-16-be"


def _guessed(start: bytes, sample: bytes, recognised: Callable[[str], int]) -> str:
	possible = [name for name in _LIKELY if _decodes(sample, name)]
	known = {name: recognised(start.decode(name, errors="replace")) for name in possible}
	best = [name for name in possible if known[name] == max(known.values())]
	if len(best) == 1:
		return best[0]
	match = (
		charset_normalizer.from_bytes(sample, cp_isolation=best, enable_fallback=False).best()
		if best
		else None
	)
	return match.encoding if match else (best[0] if best else "")


def _decodes(sample: bytes, name: str) -> bool:
	decoder = codecs.getincrementaldecoder(name)()
	try:
		decoder.decode(sample)
	except UnicodeDecodeError:
		return False
	return True
