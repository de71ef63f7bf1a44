from frappe.model.document import Document


class TierRuleBand(Document):
	pass
