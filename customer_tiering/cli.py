"""Where the command was before; the script of an installation that is pulled but not made anew looks here."""

from customer_tiering.command.main import main as main
