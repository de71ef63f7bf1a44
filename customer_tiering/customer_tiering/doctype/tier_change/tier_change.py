from customer_tiering.site.records import WrittenByGrading


class TierChange(WrittenByGrading):
	pass
