"""The group of verbs: what it is called, and how it tells what went wrong."""

from __future__ import annotations

from typing import Any

import click

from customer_tiering import __version__
from customer_tiering.command.backtest import run_backtest
from customer_tiering.command.customer.explain import run_explain
from customer_tiering.command.demo import run_demo
from customer_tiering.command.policies import list_policies
from customer_tiering.command.reading.inspect import run_inspect
from customer_tiering.command.refused import Refused
from customer_tiering.command.report import run_report
from customer_tiering.command.score import run_score
from customer_tiering.command.shown.terminal import printable_lines
from customer_tiering.command.written.previous import PreviousError
from customer_tiering.engine import FactsError
from customer_tiering.engine.backtest import BacktestError
from customer_tiering.sources.tables.table import TableError
from customer_tiering.sources.understanding.columns import ColumnsError


class _Sentences(click.Group):
	"""Turns what may go wrong with files and facts into a sentence and exit code 2."""

	def invoke(self, ctx: click.Context) -> Any:
		try:
			return super().invoke(ctx)
		except (TableError, ColumnsError, FactsError, PreviousError, BacktestError) as problem:
			raise Refused(printable_lines(str(problem))) from problem
		except BrokenPipeError:
			raise
		except OSError as problem:
			where = f"{problem.filename}: " if problem.filename else ""
			raise Refused(f"{where}{problem.strerror or problem}.") from problem
		except MemoryError as problem:
			raise Refused(
				"There is not enough memory for this file; split it by year or company."
			) from problem


@click.group(cls=_Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="customer-tiering")
def main() -> None:
	"""Grade customers from their sales documents: tier, score, life-cycle stage and RFM segment.

	Begin with 'customer-tiering demo'; then export your Sales Invoices and run 'customer-tiering score'.
	"""


for verb in (run_demo, list_policies, run_inspect, run_score, run_report, run_explain, run_backtest):
	main.add_command(verb)
