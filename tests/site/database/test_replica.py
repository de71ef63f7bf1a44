"""A read replica is read only when it holds what the primary holds; two real servers, really replicating."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frappe
import pytest
from frappe.database import get_db

from customer_tiering.site.database import replica
from tests.site.helpers.faults.replicated import Server, pair

PRIMARY, REPLICA = 1, 2


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
	"""A primary and its replica, with a table of numbers, for the user of the site's database."""
	conf = frappe.local.conf
	user = conf.db_user or conf.db_name
	home: Path = tmp_path_factory.mktemp("replicated")
	with pair(home) as (primary, follower):
		primary.run(
			f"create database `{conf.db_name}`",
			f"create table `{conf.db_name}`.numbers (number int) engine=innodb",
			f"create user `{user}`@'%' identified by '{conf.db_password}'",
			f"grant all on `{conf.db_name}`.* to `{user}`@'%'",
		)
		yield primary, follower


@pytest.fixture
def both(servers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Server]]:
	"""The same, as the database and the replica that the bench names."""
	conf, site = frappe.local.conf, frappe.local.db
	primary, follower = servers
	for key, value in {
		"read_from_replica": 1,
		"replica_host": "127.0.0.1",
		"replica_db_port": follower.port,
		"different_credentials_for_replica": 0,
	}.items():
		monkeypatch.setitem(conf, key, value)
	monkeypatch.setattr(replica, "PATIENCE", 1)
	frappe.local.db = connection(primary)
	yield primary, follower
	frappe.local.db.close()
	frappe.local.db = site


def connection(server: Server) -> Any:
	"""The site's user on a server."""
	conf = frappe.local.conf
	return get_db(
		host="127.0.0.1",
		port=server.port,
		user=conf.db_user or conf.db_name,
		password=conf.db_password,
		cur_db_name=conf.db_name,
	)


def add(number: int) -> None:
	frappe.db.sql("insert into numbers values (%s)", number)
	frappe.db.commit()


def seen() -> tuple[int, list[int]]:
	"""Which server answers, and the numbers that it knows."""
	numbers = frappe.db.sql("select number from numbers order by number", pluck=True)
	return frappe.db.sql("select @@server_id")[0][0], numbers


def test_the_replica_is_read_with_all_that_was_committed(both: tuple[Server, Server]) -> None:
	for number in range(20):
		add(number)
		assert replica.read_from_replica(seen) == (REPLICA, [*range(number + 1)])
		assert seen()[0] == PRIMARY, "and the primary is written to again"


def test_a_replica_that_lags_is_not_read(both: tuple[Server, Server]) -> None:
	_primary, follower = both
	follower.run("stop slave")
	add(100)
	try:
		server, numbers = replica.read_from_replica(seen)
		assert server == PRIMARY
		assert 100 in numbers
	finally:
		follower.run("start slave")
	server, numbers = replica.read_from_replica(seen)
	assert server == REPLICA
	assert 100 in numbers


def test_a_fault_of_the_replica_alone_does_not_stop_the_reading(both: tuple[Server, Server]) -> None:
	def fails_there() -> int:
		server = seen()[0]
		if server == REPLICA:
			frappe.db.sql("select * from no_such_table")
		return server

	assert replica.read_from_replica(fails_there) == PRIMARY


def test_a_fault_of_the_work_is_raised(both: tuple[Server, Server]) -> None:
	def fails() -> None:
		raise ZeroDivisionError

	with pytest.raises(ZeroDivisionError):
		replica.read_from_replica(fails)
	assert seen()[0] == PRIMARY


def test_a_server_that_is_no_replica_of_this_one_is_not_read(
	both: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setitem(frappe.local.conf, "replica_db_port", both[0].port)
	connection = frappe.db.sql("select connection_id()")
	assert replica.read_from_replica(lambda: frappe.db.sql("select connection_id()")) == connection


def test_a_server_without_a_log_is_read_itself(both: tuple[Server, Server]) -> None:
	frappe.local.db.close()
	frappe.local.db = connection(both[1])  # which keeps none
	used = frappe.db.sql("select connection_id()")
	assert replica.read_from_replica(lambda: frappe.db.sql("select connection_id()")) == used


def test_without_a_replica_in_the_configuration_none_is_looked_for(
	both: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setitem(frappe.local.conf, "read_from_replica", 0)
	assert replica.read_from_replica(seen)[0] == PRIMARY


def test_a_replica_that_is_gone_is_done_without(both: tuple[Server, Server]) -> None:
	both[1].stop()  # the last test: it stays gone
	add(200)
	server, numbers = replica.read_from_replica(seen)
	assert server == PRIMARY
	assert 200 in numbers
