from customer_tiering.site.access.written_by_grading import WrittenByGrading
from customer_tiering.wording.texts import _


class CustomerFollowup(WrittenByGrading):
	"""One reason to contact one customer. Opened by planning, closed by an act of a person or by itself."""

	def refusal(self) -> str:
		return _("Follow-ups are made and closed from My Customers Today. Nothing was changed.")
