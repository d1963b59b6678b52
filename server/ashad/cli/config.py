"""Settings: flag, then ASHAD_* variable, then TOML file, then default, for every command alike.

One table names them all. A command takes the flags that mean something to it with `settings(...)`
and asks `value(ctx, name)`; nobody else reads the environment or the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import platformdirs

from ashad.cli.errors import close_match
from ashad.fence.limits import described

MAX_FILE_BYTES = 1 << 20
_FLAGS = "ashad.cli.flags"
_FILE = "ashad.cli.file"
F = TypeVar("F", bound=Callable[..., Any])
if TYPE_CHECKING:
    TextType = click.ParamType[str]
else:  # older versions of click are not generic
    TextType = click.ParamType


class Address(TextType):
    """HOST:PORT; an IPv6 address in brackets."""

    name = "HOST:PORT"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form; whether the host exists shows when it is used."""
        match = re.fullmatch(r"(\[[0-9A-Fa-f:.%\w]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})", value)
        if not match or int(match[2]) > 65535:
            self.fail(f'"{value}" is not HOST:PORT, such as 127.0.0.1:2742', param, ctx)
        return value


@dataclass(frozen=True)
class Setting:
    """One setting: its flag is --name, its variable ASHAD_NAME, its key in the file `name`."""

    name: str
    type: click.ParamType[Any]
    default: Callable[[], Any]
    help: str
    is_flag: bool = False
    daemon: bool = True

    @property
    def flag(self) -> str:
        """As it is typed."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """As it is exported."""
        return "ASHAD_" + self.name.upper()


def default_config() -> Path:
    """Where the configuration file is looked for when none is named."""
    return platformdirs.user_config_path("ashad") / "config.toml"


def _default_db() -> Path:
    return platformdirs.user_data_path("ashad") / "ashad.db"


def _nothing() -> None:
    return None


INSIST = "i_understand_that_anyone_who_reaches_this_port_controls_it"
_PATH = click.Path(path_type=Path)
_LEVELS = click.Choice(["debug", "info", "warning", "error"])
_FORMATS = click.Choice(["auto", "text", "json"])
SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            "address",
            Address(),
            lambda: "127.0.0.1:2742",
            "Where the daemon listens.",
            daemon=False,
        ),
        Setting(
            "ca",
            _PATH,
            _nothing,
            "CA of the daemon's certificate (PEM): call it by TLS.",
            daemon=False,
        ),
        Setting(
            "cert", _PATH, _nothing, "Certificate of the caller (PEM), with --key.", daemon=False
        ),
        Setting("key", _PATH, _nothing, "Its key.", daemon=False),
        Setting("token_file", _PATH, _nothing, "File that holds the caller's token.", daemon=False),
        Setting("db", _PATH, _default_db, "The database file, made if it is not there."),
        Setting(
            "log_format",
            _FORMATS,
            lambda: "auto",
            "Log lines; auto: text on a terminal, else JSON.",
        ),
        Setting("log_level", _LEVELS, lambda: "info", "Least level that is logged."),
        Setting(
            "allow_network_fs",
            click.BOOL,
            lambda: False,
            "Take a database on a network file system.",
            is_flag=True,
        ),
        Setting(
            "tls_cert", _PATH, _nothing, "Listen with TLS: the certificate and its chain (PEM)."
        ),
        Setting("tls_key", _PATH, _nothing, "Its key."),
        Setting(
            "tls_client_ca", _PATH, _nothing, "Let in only clients with a certificate of this CA."
        ),
        Setting("tokens", _PATH, _nothing, "File of tokens; else the database's name and .tokens."),
        Setting(
            "require_tokens",
            click.BOOL,
            lambda: False,
            "Ask for a token on loopback too; elsewhere it is always asked for.",
            is_flag=True,
        ),
        Setting(
            "health_address",
            Address(),
            _nothing,
            "Answer gRPC health probes here too, in the clear, and nothing else.",
        ),
        Setting(
            "reflection",
            click.BOOL,
            lambda: False,
            "Serve gRPC reflection off loopback too.",
            is_flag=True,
        ),
        Setting(
            INSIST,
            click.BOOL,
            lambda: False,
            "Listen off loopback without TLS and tokens.",
            is_flag=True,
        ),
        *(
            Setting(name, click.IntRange(1, most), partial(int, default), text)
            for name, default, most, text in described()
        ),
    )
}


def settings(*names: str) -> Callable[[F], F]:
    """Give a command the flags of these settings, and --config."""

    def decorate(command: F) -> F:
        config = click.option(
            "--config",
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_remember,
            help=f"TOML file with settings. [ASHAD_CONFIG; default {default_config()}, if there]",
        )
        command = config(command)
        for name in reversed(names):
            command = _option(SETTINGS[name])(command)
        return command

    return decorate


def _option(setting: Setting) -> Callable[[F], F]:
    default = "off" if setting.is_flag else setting.default() or "none"
    return click.option(
        setting.flag,
        type=setting.type,
        is_flag=setting.is_flag,
        default=None,
        expose_value=False,
        callback=_remember,
        help=f"{setting.help} [{setting.variable}; default {default}]",
    )


def _remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    """Keep a flag for all contexts of this run; that of the innermost command wins."""
    if value is not None and param.name is not None:
        ctx.meta.setdefault(_FLAGS, {})[param.name] = value


def flags(ctx: click.Context) -> dict[str, Any]:
    """Collect the settings given as flags so far."""
    return dict(ctx.meta.get(_FLAGS, {}))


def value(ctx: click.Context, name: str) -> Any:
    """Look one setting up in flag, variable, file and default, in this order."""
    setting = SETTINGS[name]
    stored = _file_values(ctx)  # first: a wrong file is told even where nothing of it is needed
    given = flags(ctx)
    if name in given:
        return given[name]
    if text := os.environ.get(setting.variable):
        return _convert(ctx, setting, text, setting.variable)
    if name in stored:
        return stored[name]
    return setting.default()


def origin(ctx: click.Context, name: str) -> str:
    """Say where the value of a setting comes from."""
    setting = SETTINGS[name]
    stored = _file_values(ctx)
    if name in flags(ctx):
        return setting.flag
    if os.environ.get(setting.variable):
        return setting.variable
    return str(_file_path(ctx)) if name in stored else "default"


def _convert(ctx: click.Context, setting: Setting, raw: object, origin: str) -> Any:
    try:
        return setting.type.convert(raw, None, ctx)
    except click.BadParameter as error:
        raise click.UsageError(f"{origin}: {error.message}", ctx) from None


def _file_values(ctx: click.Context) -> dict[str, Any]:
    if _FILE not in ctx.meta:
        named = flags(ctx).get("config") or os.environ.get("ASHAD_CONFIG")
        path = _file_path(ctx)
        ctx.meta[_FILE] = _read(ctx, path) if named or path.is_file() else {}
    found: dict[str, Any] = ctx.meta[_FILE]
    return found


def _file_path(ctx: click.Context) -> Path:
    return Path(flags(ctx).get("config") or os.environ.get("ASHAD_CONFIG") or default_config())


def _read(ctx: click.Context, path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise click.UsageError(f"{path}: larger than {MAX_FILE_BYTES} bytes", ctx)
        data = tomllib.loads(content.decode())
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}", ctx) from None
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{path}: not TOML: {error}", ctx) from None
    for key in data:
        if key not in SETTINGS:
            raise click.UsageError(f'{path}: unknown key "{key}"{close_match(key, SETTINGS)}', ctx)
    return {key: _from_toml(ctx, path, SETTINGS[key], raw) for key, raw in data.items()}


def _from_toml(ctx: click.Context, path: Path, setting: Setting, raw: object) -> Any:
    kind = bool if setting.is_flag else int if isinstance(setting.type, click.IntRange) else str
    if type(raw) is not kind:
        wanted = {bool: "true or false", int: "a whole number", str: "text in quotes"}[kind]
        raise click.UsageError(f"{path}: {setting.name}: must be {wanted}", ctx)
    return _convert(ctx, setting, raw, f"{path}: {setting.name}")
