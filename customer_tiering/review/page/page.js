// Tables that are long enough can be sorted and searched; without this they are read as they stand.
{
	const labels = JSON.parse(document.getElementById("labels").textContent);
	for (const table of document.querySelectorAll("table.sorts")) {
		if (table.tBodies[0].rows.length > 1) {
			new simpleDatatables.DataTable(table, {
				paging: false,
				perPageSelect: false,
				fixedColumns: false,
				searchAnd: true,
				labels,
			});
		}
	}
}
