"""How a report is shown: its page, tables, charts, sentences, and the addresses behind them."""
