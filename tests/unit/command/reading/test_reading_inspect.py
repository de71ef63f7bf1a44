"""What ``inspect`` shows before anything is graded, and that the command that it ends with says all of it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from command_runs import refused, run, summary, write

HEAD = "name,customer,posting_date,base_net_total"


def shown(*words: object) -> str:
	result = run("inspect", *words)
	assert result.exit_code == 0, result.stderr
	return result.stdout


def suggested(text: str) -> list[str]:
	"""The last line, as words for the command."""
	words = shlex.split(text.splitlines()[-1])
	assert words[:2] == ["customer-tiering", "score"]
	return words[1:]


def test_columns_are_shown_with_examples_and_what_is_not_read(tmp_path: Path) -> None:
	lines = ("1,Ada,2025-01-05,100,blue,Paid", "2,,2025-01-06,50,red,Draft")
	text = shown(write(tmp_path / "s.csv", "\n".join([f"{HEAD},Colour,status", *lines])))
	assert "2 rows, utf-8, cells parted by commas." in text
	assert "the document's date (posting_date)" in text
	assert "2025-01-05, 2025-01-06" in text
	assert "Not read: Colour." in text
	assert "1 document of 1 customer would be graded, from 2025-01-05 to 2025-01-05: 100.00 in all." in text
	assert [path.name for path in tmp_path.iterdir()] == ["s.csv"], "it writes nothing"


@pytest.mark.parametrize(
	("content", "options"),
	[
		(f"{HEAD}\n1,Ada,2025-01-05,100\n", []),
		(f"{HEAD}\n1,Ada,24/01/2025,100\n", ["--dates", "dmy"]),
		(f"{HEAD.replace(',', ';')}\n1;Ada;2025-01-05;1.234,50\n", ["--decimal", ","]),
		("Invoice,Date,Customer,Amount\n1,2025-01-05,Ada,5\n1,2025-01-05,Ada,6\n", ["--lines"]),
		("客户,单据编号,日期,金额\n上海,1,2025-01-05,100\n".encode("gb18030"), ["--encoding", "gb18030"]),
		("Name,Email,Created at,Subtotal\n#1,a@x.org,2025-01-05,7\n", ["--profile", "shopify"]),
		("\n".join([HEAD, *(f"{n},Ada,2025-01-0{n},5" for n in range(1, 7)), "9,Ben,2052-01-01,5"]),
			["--as-of", "2025-01-06"]),
	],
)  # fmt: skip
def test_the_command_at_its_end_says_what_was_found_out(
	tmp_path: Path, content: str | bytes, options: list[str]
) -> None:
	"""And it grades."""
	path = write(tmp_path / "a b.csv", content)
	words = suggested(shown(path))
	assert words[1:] == [str(path), *options]
	result = run(*words, "--out", tmp_path / "out")
	assert result.exit_code == 0, result.stderr
	assert summary(tmp_path / "out")["rows_graded"] > 0


def test_options_that_are_given_are_in_the_command(tmp_path: Path) -> None:
	path = write(
		tmp_path / "s.csv", "name,who,posting_date,base_net_total\n1,Ada,1/2/2025,1.5\n2,Cash,1/2/2025,9\n"
	)
	words = ["--map", "who=customer", "--dates", "dmy", "--leave-out", "Cash"]
	assert suggested(shown(path, *words)) == ["score", str(path), *words]


def test_bad_rows_and_what_is_odd_are_told(tmp_path: Path) -> None:
	lines = [f"{n},C{n},2025-01-05,10" for n in range(6)]
	path = write(tmp_path / "s.csv", "\n".join([HEAD, *lines, "7,Cash,2025-01-05,5000", "8,Ada,never,1"]))
	text = shown(path)
	assert "1 of 8 rows is bad" in text
	assert "Odd: Cash has 99% of it." in text
	assert "Odd: document 7 alone has 99% of it." in text


def test_what_cannot_be_known_is_refused_by_what_to_do(tmp_path: Path) -> None:
	"""The columns are shown all the same."""
	result = run("inspect", write(tmp_path / "s.csv", f"{HEAD}\n1,Ada,1/2/2025,5\n"))
	assert (result.exit_code, "1/2/2025" in result.stdout) == (2, True)
	assert "--dates dmy" in result.stderr
	assert "no column for the customer" in refused("inspect", write(tmp_path / "t.csv", "a,b\n1,2\n"))
