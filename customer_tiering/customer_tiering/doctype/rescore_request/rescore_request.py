from customer_tiering.site.records import WrittenByGrading


class RescoreRequest(WrittenByGrading):
	pass
