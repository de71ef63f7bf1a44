from customer_tiering.site.access.written_by_grading import WrittenByGrading


class TieringFailure(WrittenByGrading):
	"""Something that went wrong and has not gone right since; one row each, deleted once it heals."""
