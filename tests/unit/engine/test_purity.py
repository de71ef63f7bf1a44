"""The engine imports no frappe, reads no clock, touches nothing outside its arguments, and stays readable."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import customer_tiering.engine

ENGINE = Path(customer_tiering.engine.__file__).parent
#: What the engine may import; anything else is either Frappe, a clock, a file or a network.
ALLOWED = {
	"__future__", "collections", "customer_tiering", "dataclasses", "datetime", "decimal", "difflib",
	"fractions", "functools", "hashlib", "heapq", "itertools", "json", "math", "numpy", "pandas", "typing",
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


FILES_OF_ENGINE = sorted(ENGINE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES_OF_ENGINE, ids=lambda path: str(path.relative_to(ENGINE)))
def test_the_engine_depends_on_its_arguments_only(path: Path) -> None:
	assert _impurities(path.read_text(encoding="utf-8")) == []


def test_the_engine_is_all_there() -> None:
	assert {"evaluate.py", "facts.py", "policy.py"} <= {path.name for path in FILES_OF_ENGINE}


def _module(path: Path) -> str:
	parts = path.relative_to(ENGINE.parents[1]).with_suffix("").parts
	return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _needs(path: Path, modules: set[str]) -> set[str]:
	"""The files of the engine that a file imports from, wherever in it: for types alone counts as well."""
	found: set[str] = set()
	for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
		if isinstance(node, ast.Import):
			found |= {alias.name for alias in node.names}
		elif isinstance(node, ast.ImportFrom) and node.module:
			found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
	return found & modules - {_module(ENGINE / "__init__.py")}


def test_no_file_of_the_engine_needs_another_in_a_circle() -> None:
	modules = {_module(path): path for path in FILES_OF_ENGINE}
	needs = {name: _needs(path, set(modules)) for name, path in modules.items()}
	assert needs["customer_tiering.engine.evaluate"]
	while free := {name for name, others in needs.items() if not others}:
		needs = {name: others - free for name, others in needs.items() if name not in free}
	assert not needs, f"these need each other: {sorted(needs)}"


def test_the_engine_can_be_taken_in_at_a_glance() -> None:
	lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES_OF_ENGINE}
	assert {path.name: count for path, count in lines.items() if count > 450} == {}
	for folder in {path.parent for path in FILES_OF_ENGINE}:
		assert sum(path.parent == folder for path in FILES_OF_ENGINE) <= 12, folder


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
