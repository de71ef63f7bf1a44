from customer_tiering.site.records import WrittenByGrading


class TierSnapshot(WrittenByGrading):
	pass
