"""`python -m yiheng.site.demo DATA --seed N`: fill the site of DATA's `site` folder, and say who may sign in.

A process of its own, with settings of its own: another site that the environment names is never touched.
"""

import argparse
import os
import secrets
import sys
from pathlib import Path

from yiheng.base.refusal import Refusal

# Letters and digits that nobody takes for another, as it is typed from a screen.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 14


def main() -> None:
    """Exit code 2 with one line where the site is refused."""
    asked = argparse.ArgumentParser(prog="yiheng.site.demo")
    asked.add_argument("data", type=Path)
    asked.add_argument("--seed", type=int, required=True)
    given = asked.parse_args()
    try:
        _fill(given.data, given.seed)
    except Refusal as refusal:
        print(f"yiheng: {refusal}", file=sys.stderr)
        sys.exit(2)


def environment(data: Path) -> dict[str, str]:
    """What a process of the demo's site is given: its own folder and database, whatever the environment says."""
    others = {name: value for name, value in os.environ.items() if name not in _OTHERS}
    own = {"YIHENG_SITE_DIR": str((data / "site").absolute()), "YIHENG_HTTPS": "no"}
    return others | own | {"DJANGO_SETTINGS_MODULE": "yiheng.site.settings"}


_OTHERS = ("YIHENG_DATABASE", "YIHENG_VAULT_KEYS", "YIHENG_HOSTS")


def _fill(data: Path, seed: int) -> None:
    os.environ.update(environment(data))
    for name in _OTHERS:
        os.environ.pop(name, None)
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from yiheng.site.demo.populate import populate, renew_password

    call_command("migrate", interactive=False, verbosity=0)
    done = populate(data, timezone.localtime(timezone.now()), seed)
    password = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
    renew_password(password)
    print(f"站点 site     {done.items:,} 事项 items, {done.people} 人员 people")
    _tell_who(password)


def _tell_who(password: str) -> None:
    from django.conf import settings

    from yiheng.site.base.places.roles import known_roles
    from yiheng.site.demo.populate import sign_in_names

    roles = known_roles()
    for code, name in sign_in_names().items():
        again = "（须先设双因素验证 / sets up a second factor first）" if code in settings.YIHENG_SECOND_FACTOR else ""
        print(f"登录 sign in  {name}: {roles[code].word.zh} {roles[code].word.en}{again}")
    print(f"密码 password {password}    （所有演示人员，仅显示这一次 / of all of them, shown this once）")


if __name__ == "__main__":
    main()
