"""Django's own commands on the site: `python -m yiheng.site check|migrate|makemigrations ...`."""

import os

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiheng.site.settings")
    execute_from_command_line()
