"""The bench imports this before it runs any command. None is ours: it is where a worker can load early.

A worker forks for each job, and each would import pandas anew: that takes ten times as long as a drain, and
memory that is then nobody else's. Loaded before the forks, it is shared. Nothing else that a bench runs loads
it: neither the web server nor the scheduler.
"""

import sys

_WORKERS = {"worker", "worker-pool"}

if not _WORKERS.isdisjoint(sys.argv):
	from customer_tiering.site.grading import drains as drains
