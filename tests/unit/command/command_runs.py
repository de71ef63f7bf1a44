"""Running the command in a test, and reading what it leaves behind."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from customer_tiering.command.main import main

#: By score, in fifths, as a shop may have made it for itself.
QUINTILES = Path(__file__).parents[2] / "quintiles.json"
HEAD = "name,customer,posting_date,base_net_total,is_return,return_against"
SALES = f"""{HEAD}
1,Acme,2024-12-01,100,0,
2,Acme,2025-01-10,250.50,0,
3,Borel,2025-01-05,80,0,
4,Borel,2025-01-20,-80,1,3
5,,2025-01-31,12,0,
6,Ciel,2025-01-25,-5,1,
"""


def run(*arguments: object) -> Result:
	result = CliRunner().invoke(main, [str(argument) for argument in arguments])
	if result.exception and not isinstance(result.exception, SystemExit):
		raise result.exception
	return result


def refused(*arguments: object) -> str:
	"""What is said on standard error when the command refuses; nothing is said elsewhere."""
	result = run(*arguments)
	assert result.exit_code == 2
	assert result.stdout == ""
	return result.stderr


def write(path: Path, text: str | bytes) -> Path:
	path.write_bytes(text if isinstance(text, bytes) else text.encode())
	return path


def scores(folder: Path) -> dict[str, dict[str, str]]:
	with (folder / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
		return {row["customer"]: row for row in csv.DictReader(file)}


def summary(folder: Path) -> dict[str, Any]:
	found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
	return found
