from customer_tiering.site.records import WrittenByGrading


class CustomerScore(WrittenByGrading):
	pass
