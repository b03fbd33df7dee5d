"""A look over a site that was just restored (恢复核验): its audit is whole; prints its rows by table.

A process of its own, as it has the restored site's settings. Ends with 1, and a line, where the audit is not whole.
Then the audit says that this site was restored: the rows are counted before.
"""

import json
import os
import sys

import django


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiheng.site.settings")
    django.setup()
    from django.db import connection, connections
    from django.utils import timezone

    from yiheng.site.base.audit.chain import write
    from yiheng.site.base.audit.rows import Of
    from yiheng.site.base.audit.verify import verify

    if found := verify():
        print(f"{found[0].text.zh} / {found[0].text.en}", file=sys.stderr)
        return 1
    with connection.cursor() as cursor:
        rows = {}
        for name in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            rows[name] = cursor.fetchone()[0]
    write(None, "backup.restore", Of("backup"), timezone.now())
    connections.close_all()
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
