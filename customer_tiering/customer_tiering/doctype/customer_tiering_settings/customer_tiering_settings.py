from frappe.model.document import Document


class CustomerTieringSettings(Document):
	pass
