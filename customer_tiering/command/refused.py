"""How the command says no."""

from __future__ import annotations

from typing import IO, Any

import click


class Refused(click.ClickException):
	"""Input that cannot be used, told in a sentence."""

	exit_code = 2

	def show(self, file: IO[Any] | None = None) -> None:
		click.echo(self.format_message(), file=file, err=file is None)
