from frappe.model.document import Document


class TierRule(Document):
	pass
