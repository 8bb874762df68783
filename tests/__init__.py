"""The tests; their processes have one thread each, since there are as many of them as there are cores.

Their models are tiny, too: threads that wait for each other cost more than they compute. What the tests start inherits
it, so it is said before anything is imported that would start threads.
"""

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
