"""Signing in, as the tests do."""

from django.test import Client

SECRET = "Long-pass-12"


def sign_in(client: Client, name: str, password: str = SECRET, where: str = "") -> int:
    return client.post(f"/accounts/login/{where}", {"login": name, "password": password}).status_code
