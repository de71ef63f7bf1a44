"""A small file of sales, and its customers graded."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_runs import SALES, write

from customer_tiering import policies
from customer_tiering.engine import Evaluation, Policy, evaluate
from customer_tiering.sources import files
from customer_tiering.sources.documents import select


@pytest.fixture
def sales(tmp_path: Path) -> Path:
	return write(tmp_path / "sales.csv", SALES)


@pytest.fixture
def graded(sales: Path) -> Evaluation:
	policy = Policy.from_dict(policies.load(policies.DEFAULT))
	selection = select(files.read_sales(files.open_sources([sales])).documents, policy)
	return evaluate(selection.facts, policy, selection.as_of)
