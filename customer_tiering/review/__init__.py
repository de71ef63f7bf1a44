"""A report that people read: figures, what they say in words, a page, a workbook. No Frappe, no clock."""
