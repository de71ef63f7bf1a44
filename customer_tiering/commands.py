"""The bench imports this before it runs any command. None is ours: it is where a worker can load early.

A worker forks for each job, and each would import pandas anew, and the hundreds of the host's modules that it
takes to read a few rows: that is twenty times as long as a drain, and memory that is then nobody else's.
Loaded before the forks, they are shared. The web server and the scheduler load nothing here.
"""

import sys

_WORKERS = {"worker", "worker-pool"}

if not _WORKERS.isdisjoint(sys.argv):
	from frappe import boot as boot  # it brings what a job would load to read documents and defaults

	from customer_tiering.site import run as run
