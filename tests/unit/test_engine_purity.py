"""The engine imports no frappe, reads no clock and touches nothing outside its arguments."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import customer_tiering.engine

ENGINE = Path(customer_tiering.engine.__file__).parent
#: What the engine may import; anything else is either Frappe, a clock, a file or a network.
ALLOWED = {
	"__future__", "collections", "customer_tiering", "dataclasses", "datetime", "difflib", "functools",
	"hashlib", "itertools", "json", "math", "numpy", "pandas", "typing",
}  # fmt: skip
CLOCKS = {"now", "today", "utcnow", "time", "random"}
FILES = {"open", "print", "input"}


def _impurities(source: str) -> list[str]:
	"""Imports that are not allowed, and uses of a clock, of chance or of a file."""
	found = []
	for node in ast.walk(ast.parse(source)):
		if isinstance(node, ast.Import):
			found += [alias.name for alias in node.names if alias.name.split(".")[0] not in ALLOWED]
		elif isinstance(node, ast.ImportFrom):
			module = node.module or ""
			inside = module.startswith("customer_tiering.engine")
			if module.split(".")[0] not in ALLOWED or (module.startswith("customer_tiering") and not inside):
				found.append(module)
		elif isinstance(node, ast.Attribute) and (node.attr in CLOCKS or node.attr.startswith("read_")):
			found.append(node.attr)
		elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FILES:
			found.append(node.func.id)
	return found


@pytest.mark.parametrize("path", sorted(ENGINE.glob("*.py")), ids=lambda path: path.name)
def test_the_engine_depends_on_its_arguments_only(path: Path) -> None:
	assert _impurities(path.read_text(encoding="utf-8")) == []


def test_the_engine_is_all_there() -> None:
	assert {"evaluate.py", "facts.py", "policy.py"} <= {path.name for path in ENGINE.glob("*.py")}


@pytest.mark.parametrize(
	"source",
	[
		"import frappe",
		"import frappe.utils",
		"from frappe.utils import nowdate",
		"import time",
		"from customer_tiering.site import facts",
		"from datetime import date\nx = date.today()",
		"import datetime\nx = datetime.datetime.now()",
		"import pandas as pd\nx = pd.Timestamp.today()",
		"import pandas as pd\nx = pd.read_csv('x')",
		"import numpy as np\nx = np.random.default_rng()",
		"x = open('x')",
	],
)
def test_an_impurity_would_be_found(source: str) -> None:
	assert _impurities(source)
