"""Every text is translated, with a context where the host has such a word; the Chinese keeps its rules."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from customer_tiering import policies
from customer_tiering.engine.metrics import METRICS
from customer_tiering.engine.segments import SEGMENTS
from customer_tiering.engine.stages import STAGES
from customer_tiering.names import MODULE as APP_CONTEXT
from customer_tiering.sources.documents import LEFT_OUT
from tests.chinese import HOST_WORDS, Key, known, rows

APP = Path(__file__).resolve().parents[2] / "customer_tiering"
MODULE = APP / "customer_tiering"
DOCTYPES = {
	json.loads(path.read_text())["name"]: json.loads(path.read_text())
	for path in MODULE.glob("doctype/*/*.json")
}
_CALL_JS = re.compile(
	r"""\b__\(\s*(["'`])(?P<text>(?:\\.|(?!\1).)*)\1(?:,\s*(?:null|\[[^\]]*\]),\s*"(?P<context>[^"]*)")?""",
	re.S,
)


# -- where texts are --------------------------------------------------------------------------------


#: Whose argument of that place is a text. Problems of a policy or of facts are translated by their template.
_CALLS = {"_": 0, "Problem": 0, "_problem": 0, "_where": 0, "FactsError": 0, "BacktestError": 0, "_refuse": 1}


def _called_in_python(path: Path) -> Iterator[Key]:
	for node in ast.walk(ast.parse(path.read_text())):
		if isinstance(node, ast.Call):
			place = _CALLS.get(getattr(node.func, "id", getattr(node.func, "attr", "")))
			text = node.args[place] if place is not None and len(node.args) > place else None
			if isinstance(text, ast.Constant) and isinstance(text.value, str):
				yield text.value, APP_CONTEXT


def _called_in_javascript(path: Path) -> Iterator[Key]:
	for match in _CALL_JS.finditer(path.read_text()):
		yield match["text"].replace("\\'", "'"), match["context"] or ""


def _of_a_doctype(doctype: dict[str, object]) -> Iterator[Key]:
	"""The host looks these up with the DocType's name as context."""
	name = str(doctype["name"])
	yield name, ""
	for field in doctype["fields"]:
		yield from ((field[key], name) for key in ("label", "description") if field.get(key))
		if field["fieldtype"] in ("Select", "Autocomplete"):
			# A cause and a field of the log have one name, and are not the same.
			context = "Cause of the Change" if field["fieldname"] == "cause" else name
			yield from (
				(option, context) for option in field.get("options", "").split("\n") if _is_word(option)
			)


def _of_custom_fields() -> Iterator[Key]:
	for node in ast.walk(ast.parse((APP / "setup/fields.py").read_text())):
		if isinstance(node, ast.Dict):
			for key, value in zip(node.keys, node.values, strict=True):
				if isinstance(key, ast.Constant) and key.value in ("label", "description"):
					yield value.value, ""
	yield from ((name, "Customer") for name in (*STAGES, *SEGMENTS))


def _of_the_sources() -> Iterator[Key]:
	yield from ((why, APP_CONTEXT) for why in LEFT_OUT.values())


def _of_policies() -> Iterator[Key]:
	yield from ((policies.load(name)["description"], APP_CONTEXT) for name in policies.names())


def names_that_people_give() -> set[Key]:
	"""Ready-made names and texts: they are looked up under their own context alone."""
	found: set[Key] = set()
	for name in policies.names():
		policy = policies.load(name)
		found.add((policy["name"], "Tiering Policy"))
		found |= {(rule["name"], "Tier Rule") for rule in policy["rules"]}
		for tier in policy["tiers"]:
			texts = [tier[key] for key in ("name", "strategy", "benefits") if tier.get(key)]
			found |= {(text, "Customer Tier") for text in texts}
	return found


def _on_the_desk() -> Iterator[Key]:
	"""Names and sentences of the workspace and what is on it, of 16's sidebar, of reports; the role."""
	keys = ("label", "chart_name", "title", "subtitle", "success_message", "description", "action_label")
	kinds = ("workspace", "number_card", "dashboard_chart", "module_onboarding", "onboarding_step", "page")
	for kind in kinds:
		for path in MODULE.glob(f"{kind}/*/*.json"):
			data = json.loads(path.read_text())
			parts = (data, *data.get("links", ()), *data.get("shortcuts", ()))
			wanted = (*keys, "report_description")
			yield from ((part[key], "") for part in parts for key in wanted if part.get(key))
			for block in json.loads(data.get("content") or "[]"):
				yield re.sub("<[^>]+>", "", block["data"].get("text", "")), ""
	sidebar = json.loads((APP / "workspace_sidebar/customer_tiering.json").read_text())
	yield from ((item["label"], "") for item in sidebar["items"])
	yield from ((json.loads(path.read_text())["name"], "") for path in MODULE.glob("report/*/*.json"))
	yield "Tiering Manager", ""


def _is_word(text: str) -> bool:
	return bool(re.search(r"[A-Za-z]|[<>]=|\{0\}", text))


def texts() -> set[Key]:
	"""Every text of the app that a person can see on a site, and the context of its look-up."""
	found = {*_of_custom_fields(), *_of_policies(), *_of_the_sources(), *_on_the_desk()}
	found |= {(name, "Customer Score") for name in (*STAGES, *SEGMENTS)}
	found |= {(name, "Tier Rule") for name in METRICS}
	for path in (*APP.rglob("*.js"), *(APP / "public").rglob("*.html")):
		found |= set(_called_in_javascript(path))
	for path in APP.rglob("*.py"):
		found |= set(_called_in_python(path))
	for doctype in DOCTYPES.values():
		found |= set(_of_a_doctype(doctype))
	return {(text, context) for text, context in found if _is_word(text)}


# -- every text has its row -------------------------------------------------------------------------


def test_no_row_is_listed_twice() -> None:
	assert not [key for key, times in Counter((row[0], row[2]) for row in rows()).items() if times > 1]


def test_every_text_has_a_chinese_translation() -> None:
	chinese = known()
	missing = {key for key in texts() if key not in chinese and (key[0], "") not in chinese}
	missing = {key for key in missing if key[0] not in HOST_WORDS} | (names_that_people_give() - set(chinese))
	assert not missing, "add to translations/zh.csv, each with its translation:\n" + _as_rows(missing)


def _as_rows(keys: set[Key]) -> str:
	"""Rows to be pasted. The context is needed where the host has its own word; see ``HOST_WORDS``."""
	found = io.StringIO()
	csv.writer(found, lineterminator="\n").writerows([text, "…", context] for text, context in sorted(keys))
	return found.getvalue()


def test_no_dead_translation() -> None:
	used, names = texts(), names_that_people_give()
	plain = {text for text, _context in used}
	dead = [key for key in known() if (key[0] not in plain if not key[1] else key not in used | names)]
	assert not sorted(dead)


def test_what_is_left_to_the_host_is_used_and_has_no_plain_row() -> None:
	assert not HOST_WORDS - {text for text, _context in texts()}
	assert not [word for word in HOST_WORDS if (word, "") in known()]


def test_no_name_that_people_give_has_a_row_for_everybody() -> None:
	# It would rename the host's word of that name; and a tier called like a host's word keeps its name.
	plain = {text for text, _context in texts()}
	assert not [
		name for name, _context in names_that_people_give() if (name, "") in known() and name not in plain
	]


def test_the_app_looks_its_texts_up_with_a_context() -> None:
	for path in APP.rglob("*.py"):
		assert "from frappe import _\n" not in path.read_text(), path
	for path in APP.rglob("*.js"):
		# A value that is stored has a function of its own: a bare call would show the host's word for it.
		bare = re.findall(r"\b__\((?!\s*[\"'`])[^()]*\)", path.read_text())
		assert not [one for one in bare if "null," not in one and one not in _OF_THE_HOST], path


#: A word of the host, as the name of a DocType; a description of ours.
_OF_THE_HOST = ("__(value)", "__(one.description)")


# -- how Chinese is written -------------------------------------------------------------------------

_HAN = r"[\u4e00-\u9fff]"
#: Code, names of keys, addresses and the like: what is in them is not Chinese.
_CODE = re.compile(r"\{\d\}|\*\*|[A-Za-z_]+_[a-z_]+|\d[\d,.]*|-?\d{4}-\d\d-\d\d")


@pytest.mark.parametrize(("source", "chinese", "context"), rows())
def test_a_row_keeps_its_gaps_and_its_punctuation(source: str, chinese: str, context: str) -> None:
	assert chinese == chinese.strip() and chinese
	assert sorted(re.findall(r"\{\d\}", source)) == sorted(re.findall(r"\{\d\}", chinese))
	assert (source[-1] == "…") == (chinese[-1] == "…")
	if not re.search(_HAN, chinese):
		return
	bare = _CODE.sub("", chinese)
	assert not re.search(r"[,;:?!'\"()]", bare), "full width in Chinese"
	assert not re.search(rf"{_HAN}\.|\.{_HAN}", bare), "a Chinese full stop"
	assert not re.search(r"\s[，。：；？（）“”、]|[，。：；？（）“”、]\s\S|\s%|[「」]|……", chinese)
	assert not re.search(rf"{_HAN}[A-Za-z0-9]|[A-Za-z0-9]{_HAN}", chinese.replace("**", "")), (
		"a space between"
	)
	assert chinese.count("“") == chinese.count("”") and chinese.count("（") == chinese.count("）")
	assert "“**" not in chinese, "bold or quotes, not both"


#: One word for one thing; what else might be said for it is not. Beside it, where it is right all the same.
NOT_SAID = {
	"总分": "评分", "消费": "购买", "细分": "分群", "全部时间": "历史累计", "期初单据": "开账凭证",
	"净额合计": "净总计", "日终": "当日结束时", "赢回": "挽回", "回顾": "月报", "沉默": "未购买天数",
	"未评级": "未定级", "冠军": "优质客户", "阶梯": "等级体系", "提升途径": "升级途径", "所有者": "负责人",
	"维度": "指标", "级别": "等级", "以下之一": "从以下选项中选择", "留空表示": "留空：", "留空则": "留空：",
	"您是否": "是否应为", "你": "", "他们": "其", "位客户": "个客户", "保留期": "最短保级期",
	"策略范围": "方案范围", "发布的策略": "已发布方案", "重新评分": "重新评级",
}  # fmt: skip
_SAID_ALL_THE_SAME = {"回顾": "每年与客户回顾两次", "未评级": "尚未评级"}


@pytest.mark.parametrize("word", NOT_SAID)
def test_one_word_for_one_thing(word: str) -> None:
	said = [chinese.replace(_SAID_ALL_THE_SAME.get(word, "\0"), "") for _source, chinese, _context in rows()]
	assert not [chinese for chinese in said if word in chinese], f"say {NOT_SAID[word]}"


#: English words and the Chinese of which one must stand in every row of theirs.
GLOSSARY = {
	"tier": ("等级", "分级", "级"), "segment": ("分群",), "policy": ("方案",), "override": ("人工指定",),
	"unrated": ("未定级",), "cohort": ("同期群",), "life cycle": ("生命周期",), "quantile": ("分位数",),
	"snapshot": ("快照",), "sales register": ("销售台账",), "net total": ("净总计",), "grace": ("宽限期",),
	"opening entry": ("开账凭证",), "ready-made": ("预置方案",), "reporting currency": ("报告货币",),
	"at risk": ("流失风险",), "usual gap": ("购买间隔",), "ties out": ("核对",),
	"prospects": ("潜在客户",),
}  # fmt: skip


@pytest.mark.parametrize("word", GLOSSARY)
def test_a_term_is_translated_by_its_word(word: str) -> None:
	found = [row for row in rows() if re.search(rf"\b{word}s?\b", row[0], re.I)]
	assert found
	assert not [row[:2] for row in found if not any(chinese in row[1] for chinese in GLOSSARY[word])]


@pytest.mark.parametrize("name", [*STAGES, *SEGMENTS])
def test_stages_and_segments_fit_a_pill(name: str) -> None:
	chinese = known()
	assert len(chinese.get((name, "Customer Score")) or chinese[(name, "")]) <= 4
