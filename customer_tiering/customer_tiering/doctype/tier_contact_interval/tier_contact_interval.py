from frappe.model.document import Document


class TierContactInterval(Document):
	pass
