"""What the reports share: what the reader chose and may see, the documents of a period, and how it is shown.

A report is its own columns, rows and words: it hands its filters, and a function that builds an
:class:`answers.Page` from what the reader may see, to :func:`answers.report`. No report decides a tier, or
reads a customer whom its reader may not open.
"""
