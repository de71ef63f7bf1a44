"""The language that a verb speaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from customer_tiering.wording.languages import CODES, OfTheCommand
from customer_tiering.wording.texts import speaking


def language_option(verb: Callable[..., Any]) -> Callable[..., Any]:
	"""The option of a verb that says in which language it tells what it found."""
	return click.option(
		"--lang",
		type=click.Choice(CODES),
		default="en",
		show_default=True,
		is_eager=True,
		expose_value=False,
		callback=_speak,
		help="The language of what is told: English or Chinese.",
	)(verb)


def _speak(context: click.Context, _option: click.Parameter, code: str) -> None:
	context.with_resource(speaking(OfTheCommand(code)))
