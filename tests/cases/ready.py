"""`yiheng cases` by a process that has loaded all that it needs."""

# pyarrow asks for pandas at the first table. A file that there is not is refused before anything begins, and what reads
# the words is loaded then.
LOADS = """
import io
import sys
from contextlib import redirect_stderr, suppress

import pandas
import pyarrow.dataset

from yiheng.cases.quality.book import book
from yiheng.cli.main import main
from yiheng.tables.version import code_version

book()
code_version()
sys.argv = ["yiheng", "cases", "load", "none", "--to", "none"]
with redirect_stderr(io.StringIO()), suppress(SystemExit):
    main()
"""

COMMAND = """
import sys

from yiheng.cli.main import main

sys.argv[0] = "yiheng"
sys.exit(main())
"""
