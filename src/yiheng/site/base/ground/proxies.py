"""Servers before the site (反向代理): whose word it takes for whom they ask."""

from ipaddress import ip_network

from yiheng.base.refusal import Refusal


def proxies(text: str) -> list[str]:
    """The addresses and networks of a list with commas; a Refusal where one is neither, as it would never fit."""
    named = [each.strip() for each in text.split(",") if each.strip()]
    for each in named:
        try:
            ip_network(each)
        except ValueError:
            raise Refusal("is no address", column="YIHENG_PROXY", value=each, cure="127.0.0.1,10.0.0.0/24") from None
    return named
