from customer_tiering.site.access.written_by_grading import WrittenByGrading


class CustomerScore(WrittenByGrading):
	pass
