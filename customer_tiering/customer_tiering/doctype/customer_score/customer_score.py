from frappe.model.document import Document


class CustomerScore(Document):
	pass
