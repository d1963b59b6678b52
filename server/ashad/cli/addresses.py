"""What is typed as an address, and refused where it has not the form of one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from ashad_client.text import split_address

if TYPE_CHECKING:
    TextType = click.ParamType[str]
else:  # older versions of click are not generic
    TextType = click.ParamType


class Address(TextType):
    """HOST:PORT; an IPv6 address in brackets."""

    name = "HOST:PORT"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form; whether the host exists shows when it is used."""
        try:
            split_address(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return value


class Addresses(Address):
    """One or several, with commas: that of a daemon, and of those that stand by for it."""

    name = "HOST:PORT[,HOST:PORT]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form of each."""
        each = [
            super(Addresses, self).convert(one.strip(" "), param, ctx) for one in value.split(",")
        ]
        twice = next((one for one in each if each.count(one) > 1), None)
        if twice:
            self.fail(f'"{value}" names {twice} twice: give each daemon once', param, ctx)
        return ",".join(each)


class AddressOrOff(Address):
    """HOST:PORT, or off."""

    name = "HOST:PORT|off"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form."""
        return value if value == "off" else super().convert(value, param, ctx)
