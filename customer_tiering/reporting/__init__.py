"""What the reports share: what the reader chose and may see, the documents of a period, and how it is shown.

A report is a short ``execute``: it hands its filters, and a function that builds a :class:`page.Page` from
what the reader may see, to :func:`page.answer`. No report decides a tier, or reads a customer whom its reader
may not open.
"""
