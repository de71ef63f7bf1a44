"""Chunks of a full run, written by whichever workers there are, on any machine of the bench.

The run offers a few chunks ahead on the queue and writes others itself; what nobody has taken in the end
it takes back. A chunk is taken by a key in the cache, which only one can set. The cache and the queue may
fail at any time: then the run writes everything alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

import frappe

from customer_tiering.site.grading.customer_scores import STORED, Batch
from customer_tiering.site.withstanding import log, servers

JOB = "customer_tiering.jobs.write_chunk"
#: Chunks that wait for other workers at a time.
AHEAD = 8
_KEPT = 3600  # seconds that a chunk stays in the cache
#: A chunk that another worker has taken and not written by then is written here.
_PATIENCE = 120.0


@dataclass(frozen=True, eq=False)
class Offer:
	"""A chunk that another worker may write."""

	key: str
	batch: Batch

	@property
	def written(self) -> int | None:
		"""How many customers somebody wrote; None if it is not done, or cannot be known."""
		count = _cached(lambda: frappe.cache.get_value(f"{self.key}:written", expires=True))
		return count if isinstance(count, int) else None


def write(run: str, chunks: Iterable[Batch], work: Callable[..., int]) -> int:
	"""See that all chunks are written; gives how many customers that were.

	Args:
		run: the full run that they belong to.
		chunks: made one by one, as they are needed.
		work: writes one, given the run and the chunk.
	"""
	written, queued = 0, True
	offers: list[Offer] = []
	for number, batch in enumerate(chunks):
		if queued and len(offers) < AHEAD:
			offer = Offer(f"customer_tiering:{run}:{number}", batch)
			if queued := _put(run, offer):
				offers.append(offer)
				continue
		written += work(run, batch)
		done = {offer: count for offer in offers if (count := offer.written) is not None}
		written += sum(done.values())
		offers = [offer for offer in offers if offer not in done]
	return written + sum(_finish(run, offer, work) for offer in reversed(offers))


def take(run: str, key: str, work: Callable[..., int]) -> int:
	"""Write an offered chunk, unless somebody has taken it; what a worker does.

	What a worker of another version has offered may be of another make; it is left for who offered it.
	"""
	batch = _cached(lambda: frappe.cache.get_value(key, expires=True))
	if not _is_whole(batch) or not _taken(key):
		return 0
	written = work(run, batch)
	frappe.cache.set_value(f"{key}:written", written, expires_in_sec=_KEPT)
	return written


def _is_whole(batch: Any) -> bool:
	"""Whether it is a batch as this version of the app makes them."""
	if not isinstance(batch, Batch) or set(vars(batch)) != {field.name for field in fields(Batch)}:
		return False
	return set(getattr(batch.scores, "columns", ())) == {"customer", *STORED}


def _put(run: str, offer: Offer) -> bool:
	"""Put a chunk on the queue; whether that went well."""

	def put() -> bool:
		if not (servers.answers(servers.CACHE) and servers.answers(servers.QUEUE)):
			return False
		frappe.cache.set_value(offer.key, offer.batch, expires_in_sec=_KEPT)
		frappe.enqueue(JOB, queue="long", run=run, key=offer.key)
		return True

	return bool(_cached(put))


def _finish(run: str, offer: Offer, work: Callable[..., int]) -> int:
	"""Take an offer back, or wait until whoever has taken it is done."""
	if _cached(lambda: _taken(offer.key)):
		return work(run, offer.batch)
	end = time.monotonic() + _PATIENCE
	while (written := offer.written) is None and time.monotonic() < end and _cached(frappe.cache.ping):
		time.sleep(0.05)
	return work(run, offer.batch, alone=True) if written is None else written


def _taken(key: str) -> bool:
	"""Whether this caller is the first to take the chunk."""
	return bool(frappe.cache.set(frappe.cache.make_key(f"{key}:taken"), 1, nx=True, ex=_KEPT))


def _cached(ask: Callable[[], Any]) -> Any:
	"""The answer of the cache or the queue; None if it gives none."""
	try:
		return ask()
	except Exception:
		log.note("could not share a chunk with other workers")
		return None
