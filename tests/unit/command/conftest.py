"""A small file of sales."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_runs import SALES, write


@pytest.fixture
def sales(tmp_path: Path) -> Path:
	return write(tmp_path / "sales.csv", SALES)
