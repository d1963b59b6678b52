"""Settings: flag, then ASHAD_* variable, then TOML file, then default, for every command alike.

One table names them all. A command takes the options that mean something to it with `settings(...)`
and asks `value(ctx, name)`. The precedence is click's own: the file is its `default_map`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
import platformdirs
from ashad_client.dialect.table import close_match
from click.core import ParameterSource

from ashad.cli.addresses import Address, Addresses, AddressOrOff
from ashad.cli.factories import AllowedFactories
from ashad.security.limits import described

MAX_FILE_BYTES = 1 << 20
_VALUES = "ashad.cli.values"
_FILE = "ashad.cli.file"
F = TypeVar("F", bound=Callable[..., Any])


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


def default_db() -> Path:
    """Where the database is when none is named."""
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
            Addresses(),
            lambda: "127.0.0.1:2742",
            "Where the daemon listens; for callers also several, tried in turn.",
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
        Setting(
            "local",
            click.BOOL,
            lambda: False,
            "Use the database of this machine (--db), with a private daemon while it is used.",
            is_flag=True,
            daemon=False,
        ),
        Setting("db", _PATH, default_db, "The database file, made if it is not there."),
        Setting(
            "log_format", _FORMATS, lambda: "auto", "Lines; auto: text on a terminal, else JSON."
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
            "replica",
            _PATH,
            _nothing,
            "Folder of the replica, shared with a standby: it says who serves.",
        ),
        Setting(
            "replica_socket",
            _PATH,
            _nothing,
            "Litestream's control socket: no trial is handed out before the replica has it.",
        ),
        Setting(
            "replica_confirm",
            click.Choice(["assignments", "all"]),
            lambda: "assignments",
            "Which answers wait for the replica, with --replica-socket; all: also reports.",
        ),
        Setting(
            "web",
            AddressOrOff(),
            lambda: "127.0.0.1:2744",
            "Where the page is served, and JSON for curl; off: nowhere.",
        ),
        Setting(
            "web_url",
            click.STRING,
            _nothing,
            "How browsers reach the page through a proxy: https://HOST[:PORT][/PREFIX].",
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
        Setting(
            "samplers", AllowedFactories(), _nothing, "Samplers that a study may name as its own."
        ),
        Setting(
            "sampler_seconds",
            click.IntRange(1, 3600),
            lambda: 60,
            "Time for an answer of such a one.",
        ),
        Setting("quotas", _PATH, _nothing, "TOML file of quotas: how many trials may run at once."),
        *(
            Setting(name, click.IntRange(1, most), partial(int, default), text)
            for name, default, most, text in described()
        ),
    )
}


def settings(*names: str) -> Callable[[F], F]:
    """Give a command the options of these settings, and --config."""

    def decorate(command: F) -> F:
        for name in reversed(names):
            command = _option(SETTINGS[name])(command)
        return click.option(
            "--config",
            type=click.Path(path_type=Path),
            envvar="ASHAD_CONFIG",
            is_eager=True,
            expose_value=False,
            callback=_load,
            help="TOML file with settings.",
            show_envvar=True,
            show_default=f"{default_config()}, if there",
        )(command)

    return decorate


def _option(setting: Setting) -> Callable[[F], F]:
    default = "off" if setting.is_flag else setting.default() or "none"
    return click.option(
        setting.flag,
        type=setting.type,
        is_flag=setting.is_flag,
        default=setting.default,
        envvar=setting.variable,
        expose_value=False,
        callback=_remember,
        help=setting.help,
        show_envvar=True,
        show_default=str(default),
    )


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep a value for the whole run; a flag before a command yields only to a flag after it."""
    assert param.name is not None
    known = ctx.meta.setdefault(_VALUES, {})
    source = ctx.get_parameter_source(param.name)
    if source is ParameterSource.COMMANDLINE or param.name not in flags(ctx):
        known[param.name] = value, source


def flags(ctx: click.Context) -> list[str]:
    """Return the names of the settings given as flags so far."""
    known = ctx.meta.get(_VALUES, {}).items()
    return [name for name, (_, source) in known if source is ParameterSource.COMMANDLINE]


def value(ctx: click.Context, name: str) -> Any:
    """Return a setting, from flag, variable, file or default, in this order."""
    return _known(ctx, name)[0]


def put(ctx: click.Context, name: str, found: Any) -> None:
    """Set a setting that another parser has read from a flag."""
    ctx.meta[_VALUES][name] = found, ParameterSource.COMMANDLINE


def origin(ctx: click.Context, name: str) -> str:
    """Say where the value of a setting comes from."""
    source = _known(ctx, name)[1]
    named = {
        ParameterSource.COMMANDLINE: SETTINGS[name].flag,
        ParameterSource.ENVIRONMENT: SETTINGS[name].variable,
        ParameterSource.DEFAULT_MAP: str(ctx.meta[_FILE][0]),
    }
    return named.get(source, "default")


def _known(ctx: click.Context, name: str) -> tuple[Any, ParameterSource]:
    wrong = ctx.meta[_FILE][1]
    if wrong is not None:
        raise wrong
    found: tuple[Any, ParameterSource] = ctx.meta[_VALUES][name]
    return found


def _load(ctx: click.Context, param: click.Parameter, named: Path | None) -> None:
    """Make the file the `default_map`. A wrong one is told when a setting is asked for.

    Not at once: a command may name another file than the one that stands in the usual place.
    """
    del param
    if named is None and _FILE in ctx.meta and ctx.parent is not None:
        path, wrong, values = ctx.meta[_FILE]
    else:
        path, wrong, values = named or default_config(), None, {}
        try:
            values = _read(ctx, path) if named or path.is_file() else {}
        except click.UsageError as error:
            wrong = error
    ctx.meta[_FILE], ctx.default_map = (path, wrong, values), values


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
    try:
        return setting.type.convert(raw, None, ctx)
    except click.BadParameter as error:
        raise click.UsageError(f"{path}: {setting.name}: {error.message}", ctx) from None
