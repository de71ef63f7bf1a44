from frappe.model.document import Document


class TieringPolicy(Document):
	pass
