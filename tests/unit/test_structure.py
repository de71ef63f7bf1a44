"""What holds the app together: every path resolves, every text is translated, every layer keeps to itself."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import runpy
from collections import Counter
from pathlib import Path

import pytest

from customer_tiering.engine.metrics import METRICS
from customer_tiering.engine.policy import (
	COLORS,
	CONDITIONS,
	DIRECTIONS,
	METHODS,
	REVIEWS,
	RULE_TYPES,
	WINDOWS,
)
from customer_tiering.engine.segments import SEGMENTS
from customer_tiering.engine.stages import STAGES

APP = Path(__file__).resolve().parents[2] / "customer_tiering"
MODULE = APP / "customer_tiering"
DOCTYPES = {
	json.loads(path.read_text())["name"]: json.loads(path.read_text())
	for path in MODULE.glob("doctype/*/*.json")
}
DOTTED = re.compile(r"\bcustomer_tiering(?:\.[a-z_]+)+\b")


def options(doctype: str, field: str) -> list[str]:
	"""Choices of a Select field, without the empty one."""
	found = next(f for f in DOCTYPES[doctype]["fields"] if f["fieldname"] == field)
	return [option for option in found["options"].split("\n") if option]


@pytest.mark.parametrize(
	("doctype", "field", "names"),
	[
		("Tier Rule", "method", METHODS),
		("Tier Rule", "rule_type", RULE_TYPES),
		("Tier Rule", "window", WINDOWS),
		("Tier Rule", "condition", CONDITIONS),
		("Tier Rule", "better", DIRECTIONS),
		("Tier Rule Band", "stage", STAGES),
		("Customer Tier", "color", COLORS),
		("Customer Tiering Settings", "reviewed", REVIEWS),
		("Customer Score", "lifecycle_stage", STAGES),
		("Customer Score", "rfm_segment", SEGMENTS),
	],
)
def test_a_select_offers_what_the_engine_knows(doctype: str, field: str, names: object) -> None:
	assert options(doctype, field) == list(names)


def test_every_room_is_on_the_plan() -> None:
	plan = (APP.parent / "docs/architecture.md").read_text(encoding="utf-8")
	rooms = {path.parent.relative_to(APP) for path in APP.rglob("*.py")} - {Path(".")}
	ours = [room for room in rooms if room.parts[0] not in ("customer_tiering", "templates")]
	missing = [str(room) for room in ours if f"`{room}/" not in plan and f"`{room.name}/`" not in plan]
	assert not missing, "say in a line of docs/architecture.md what it holds"


def test_every_folder_and_file_is_seen_at_a_glance() -> None:
	files = [
		path
		for top in (APP, *map(APP.parent.joinpath, ("tests", "benchmarks")))
		for path in top.rglob("*.py")
	]
	folders = Counter(path.parent.relative_to(APP.parent) for path in files if path.stem != "__init__")
	assert not {str(at): many for at, many in folders.items() if many > (12 if at.name == "engine" else 10)}
	assert not [path for path in files if len(path.read_text(encoding="utf-8").splitlines()) > 450]


def test_the_form_of_a_rule_names_no_metric() -> None:
	# It follows from what api.metrics tells: a list here would be one more place for each.
	texts = {path.name: path.read_text() for path in (MODULE / "doctype/tier_rule").glob("*.js*")}
	assert not [(file, name) for file, text in texts.items() for name in METRICS if name in text]


def test_every_dotted_path_resolves() -> None:
	kinds = ("*.py", "*.js", "*.json", "*.html", "*.txt")
	sources = [*(path for kind in kinds for path in APP.rglob(kind)), *APP.parent.glob("docs/**/*.md")]
	paths = {path for source in sources for path in DOTTED.findall(source.read_text())}
	assert len(paths) > 20
	unresolved = [path for path in paths if not _resolves(path)]
	assert not unresolved


def _resolves(path: str) -> bool:
	"""Whether a dotted path is a module, or a name in one. Nothing is imported: frappe is not here."""
	file = APP.parent / Path(*path.split("."))
	if file.is_dir() or file.with_suffix(".py").exists():
		return True
	module = file.parent.with_suffix(".py") if not file.parent.is_dir() else file.parent / "__init__.py"
	if not module.exists():
		return False
	tree = ast.parse(module.read_text())
	defined = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
	defined |= {a.asname or a.name for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
	return file.name in defined


def test_every_patch_has_one_execute() -> None:
	lines = (APP / "patches.txt").read_text().splitlines()
	for patch in (line for line in lines if line and not line.startswith(("[", "#"))):
		assert _resolves(f"{patch}.execute"), patch
	files = {path.stem for path in (APP / "patches").rglob("*.py")} - {"__init__"}
	assert files == {line.split(".")[-1] for line in lines if line.startswith("customer_tiering.")}


#: What asks for permission, of which every whitelisted function has one as its first call.
ASKING = (
	"_only_managers", "_only_readers", "_only_who_reads_customers", "_check_customers", "_check_acting",
	"_check_deciding",
)  # fmt: skip


@pytest.mark.parametrize("file", sorted(APP.glob("api.py")), ids=lambda path: path.name)
def test_every_whitelisted_function_asks_for_permission_first(file: Path) -> None:
	for function in ast.parse(file.read_text()).body:
		if isinstance(function, ast.FunctionDef) and function.decorator_list:
			calls = [
				node.value.func.id
				for node in function.body
				if isinstance(node, ast.Expr)
				and isinstance(node.value, ast.Call)
				and isinstance(node.value.func, ast.Name)
			]
			assert calls and calls[0] in ASKING, function.name


def test_nothing_is_whitelisted_outside_the_api() -> None:
	found = [path.name for path in APP.rglob("*.py") if "whitelist(" in path.read_text()]
	assert found == ["api.py"]


def test_sql_is_never_written_as_text() -> None:
	text = {path: path.read_text() for path in APP.rglob("*.py")}
	assert not [path for path, code in text.items() if re.search(r"\bdb\.sql\(", code)]
	ddl = [path.name for path, code in text.items() if "sql_ddl(" in code]
	assert ddl == ["install.py"], "the one statement that drops our own columns"


def test_links_to_customer_and_customer_group_never_stand_together() -> None:
	# The host rewrites the group on every DocType that links both, whenever a customer's group changes.
	for name, doctype in DOCTYPES.items():
		linked = {f.get("options") for f in doctype["fields"] if f["fieldtype"] == "Link"}
		assert not {"Customer", "Customer Group"} <= linked, name


# -- the desk ---------------------------------------------------------------------------------------

_INCLUDED = re.compile(r"""{% include\s['"]customer_tiering/(.*)['"]\s%}""")


def _of_forms_and_lists() -> list[Path]:
	"""Scripts that the hooks name for every page, and for forms and lists of the host."""
	hooks = runpy.run_path(str(APP / "hooks.py"))
	addresses = [one.partition("?")[0] for one in hooks["app_include_js"]]
	of_the_desk = [APP / one.replace("/assets/customer_tiering", "public") for one in addresses]
	named = [hooks[name] for name in ("doctype_js", "doctype_list_js")]
	return [*of_the_desk, *(APP / file for one in named for files in one.values() for file in files)]


def test_every_file_that_the_desk_is_sent_is_there_and_no_other() -> None:
	scripts = list(APP.rglob("*.js"))
	included = {APP / file for path in scripts for file in _INCLUDED.findall(path.read_text())}
	sent = included | set(_of_forms_and_lists())
	assert sent == {path for path in (APP / "public").rglob("*.*") if path.suffix in (".js", ".css", ".html")}


def test_scripts_that_meet_those_of_other_apps_declare_no_names() -> None:
	# All scripts of a form run in one scope: a name that two of them declare keeps the form from opening.
	declared = re.compile(r"^(?:const|let|var|class|(?:async )?function)\b.*", re.M)
	for path in (APP / "public").rglob("*.js"):
		assert not declared.findall(path.read_text()), path


def test_every_name_that_scripts_share_is_there() -> None:
	text = "\n".join(path.read_text() for path in APP.rglob("*.js"))
	defined = set(re.findall(r"\btiering\.(\w+)\s*(?:\?\?)?=(?!=)", text))
	assert set(re.findall(r"\btiering\.(\w+)", text)) == defined


def test_a_style_is_the_same_inside_a_template_of_javascript() -> None:
	for path in (APP / "public").rglob("*.css"):
		assert not re.search(r"`|\\|\$\{", path.read_text()), path


def _reports() -> set[str]:
	return {json.loads(path.read_text())["name"] for path in MODULE.glob("report/*/*.json")}


def test_every_report_is_on_the_workspace_and_in_the_sidebar() -> None:
	workspace = json.loads((MODULE / "workspace/customer_tiering/customer_tiering.json").read_text())
	sidebar = json.loads((APP / "workspace_sidebar/customer_tiering.json").read_text())
	for items in (workspace["links"], sidebar["items"]):
		# A link to a report that is not there would keep the desk of 16 from opening.
		assert {item["link_to"] for item in items if item.get("link_type") == "Report"} == _reports()


def test_every_page_is_on_the_workspace_and_in_the_sidebar() -> None:
	pages = {json.loads(path.read_text())["name"] for path in MODULE.glob("page/*/*.json")}
	workspace = json.loads((MODULE / "workspace/customer_tiering/customer_tiering.json").read_text())
	sidebar = json.loads((APP / "workspace_sidebar/customer_tiering.json").read_text())
	assert {row["link_to"] for row in workspace["shortcuts"] if row["type"] == "Page"} == pages
	assert {row["link_to"] for row in sidebar["items"] if row.get("link_type") == "Page"} == pages
	first = json.loads(workspace["content"])[0]["data"]
	assert first["shortcut_name"] == sidebar["items"][1]["label"] == "My Customers Today", (
		"what one comes for"
	)


def test_every_block_of_the_workspace_has_what_it_shows() -> None:
	workspace = json.loads((MODULE / "workspace/customer_tiering/customer_tiering.json").read_text())
	shown: dict[str, set[str]] = {}
	for block in json.loads(workspace["content"]):
		shown.setdefault(block["type"], set()).add(block["data"].get(f"{block['type']}_name"))
	for kind in ("number_card", "chart"):
		folder = {"chart": "dashboard_chart"}.get(kind, kind)
		files = [json.loads(path.read_text()) for path in MODULE.glob(f"{folder}/*/*.json")]
		label = {"chart": "chart_name"}.get(kind, "label")
		# A block finds its row by the label, and the row its figure by the name.
		rows = {row[f"{kind}_name"]: row["label"] for row in workspace[f"{kind}s"]}
		assert rows == {one["name"]: one[label] for one in files}, kind
		assert shown[kind] == set(rows.values()), kind
	cards = {link["label"] for link in workspace["links"] if link["type"] == "Card Break"}
	assert shown["card"] == cards
	assert shown["shortcut"] == {row["label"] for row in workspace["shortcuts"]}


def test_a_card_of_links_says_how_many_it_has() -> None:
	links = json.loads((MODULE / "workspace/customer_tiering/customer_tiering.json").read_text())["links"]
	starts = [place for place, link in enumerate(links) if link["type"] == "Card Break"]
	for start, end in zip(starts, [*starts[1:], len(links)], strict=True):
		assert links[start]["link_count"] == end - start - 1, links[start]["label"]


@pytest.mark.parametrize(
	"file", ["hooks.py", "names.py", "api.py", "jobs.py", "desk/boot.py", *sorted(
		str(path.relative_to(APP)) for path in APP.glob("events/*.py"))]
)  # fmt: skip
def test_what_every_request_reads_brings_no_pandas(file: str) -> None:
	brought = _brought(APP / file, set())
	assert not brought & {"pandas", "numpy"}, "import it in the function that needs it"


def _brought(path: Path, read: set[Path]) -> set[str]:
	"""The packages that a file imports as it is imported itself, and those that its own imports bring."""
	if path in read:
		return set()
	read.add(path)
	found = {name.split(".")[0] for name in _imported(path)}
	return found.union(*(_brought(file, read) for file in _needed(path)))


def _imported(path: Path) -> set[str]:
	"""What a file imports as it is imported itself, by dotted names; perhaps of what is in a module."""
	names: set[str] = set()
	for node in ast.parse(path.read_text()).body:
		if isinstance(node, ast.Import):
			names |= {alias.name for alias in node.names}
		elif isinstance(node, ast.ImportFrom) and node.module:
			names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
	return names


def _needed(path: Path) -> set[Path]:
	"""The files of the app that this brings."""
	places = [APP.parent / Path(*name.split(".")) for name in _imported(path)]
	files = {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")}
	return {file for file in files if APP in file.parents and file.exists()}


def test_no_file_needs_another_in_a_circle() -> None:
	# A package's own file only hands on what its modules hold.
	files = {path for path in APP.rglob("*.py") if path.name != "__init__.py"}
	needs = {path: _needed(path) & files - {path} for path in files}
	while free := {path for path, others in needs.items() if not others}:
		needs = {path: others - free for path, others in needs.items() if path not in free}
	assert not needs, f"these need each other: {sorted(map(str, needs))}"


def test_what_grades_needs_nothing_that_shows() -> None:
	shows = {APP / room for room in ("reporting", "desk", "command", "events", "customer_tiering")}
	for path in (file for room in ("engine", "site", "sources") for file in (APP / room).rglob("*.py")):
		assert not [str(needed) for needed in _needed(path) if shows & {*needed.parents}], path


def test_the_engine_and_the_command_need_no_host() -> None:
	rooms = ("engine", "sources", "command", "review")
	for path in [APP / "cli.py", *(path for room in rooms for path in (APP / room).rglob("*.py"))]:
		names = {
			alias.name.split(".")[0]
			for node in ast.walk(ast.parse(path.read_text()))
			if isinstance(node, ast.Import)
			for alias in node.names
		} | {
			(node.module or "").split(".")[0]
			for node in ast.walk(ast.parse(path.read_text()))
			if isinstance(node, ast.ImportFrom)
		}
		assert not names & {"frappe", "erpnext"}, path
	assert importlib.util.find_spec("customer_tiering.engine")
