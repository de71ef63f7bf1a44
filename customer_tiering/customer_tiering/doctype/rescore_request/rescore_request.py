from frappe.model.document import Document


class RescoreRequest(Document):
	pass
