"""`yiheng cases`, and what it needs, for a process that has loaded that before (`tests/ready.py`)."""

from ..ready import TABLES

# A file that there is not is refused before anything begins, and what reads the words is loaded then.
LOADS = f"""{TABLES}
import io
import sys
from contextlib import redirect_stderr, suppress

from yiheng.cases.quality.book import book
from yiheng.cli.main import main

book()
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
