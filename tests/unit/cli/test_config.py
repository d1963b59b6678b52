"""Settings: flag, then variable, then file, then default; a wrong one is named with its origin."""

from pathlib import Path

import click
import pytest
from ashad.cli import COMMANDS, config, main
from ashad.security.limits import described
from click.testing import CliRunner


@click.group()
@config.settings(*config.SETTINGS)
def outer():
    """Stand where `ashad` stands."""


@outer.command()
@config.settings("address", "db", "log_format", "allow_network_fs")
@click.pass_context
def inner(ctx):
    for name in config.SETTINGS:
        click.echo(f"{name}={config.value(ctx, name)}")


@pytest.fixture
def run(tmp_path, monkeypatch):
    for name in ("ASHAD_CONFIG", *(s.variable for s in config.SETTINGS.values())):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))

    def run(*args, env=None):
        result = CliRunner().invoke(outer, args, env=env or {})
        values = dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)
        return result, values

    return run


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_defaults(run, tmp_path):
    _, values = run("inner")
    nothing = (
        "ca", "cert", "key", "token_file", "tls_cert", "tls_key", "tls_client_ca", "tokens",
        "health_address", "web_url", "replica", "replica_socket", "samplers", "quotas",
    )  # fmt: skip
    off = ("local", "allow_network_fs", "require_tokens", "reflection", config.INSIST)
    assert values == dict.fromkeys(nothing, "None") | dict.fromkeys(off, "False") | {
        "address": "127.0.0.1:2742",
        "web": "127.0.0.1:2744",
        "db": str(config.SETTINGS["db"].default()),
        "log_format": "auto",
        "log_level": "info",
        "replica_confirm": "assignments",
        "sampler_seconds": "60",
        **{name: str(default) for name, default, *_ in described()},
    }
    assert Path(values["db"]).name == "ashad.db"


def test_flag_before_variable_before_file_before_default(run, tmp_path):
    file = write(tmp_path / "c.toml", 'address = "f:1"\nlog_format = "text"\ndb = "f.db"\n')
    env = {"ASHAD_CONFIG": file}
    assert run("inner", env=env)[1]["address"] == "f:1"
    env |= {"ASHAD_ADDRESS": "v:2", "ASHAD_LOG_FORMAT": ""}
    values = run("inner", env=env)[1]
    assert (values["address"], values["db"]) == ("v:2", "f.db")
    assert values["log_format"] == "text"  # an empty variable is none
    assert values["log_level"] == "info"
    assert run("--address", "g:3", "inner", env=env)[1]["address"] == "g:3"
    assert run("--address", "g:3", "inner", "--address", "h:4", env=env)[1]["address"] == "h:4"


def test_the_file_in_its_usual_place_is_read(run):
    write(config.default_config(), "allow_network_fs = true\n")
    assert run("inner")[1]["allow_network_fs"] == "True"


def test_a_named_file_goes_before_the_usual_one(run, tmp_path):
    write(config.default_config(), "nonsense = true\n")
    named = write(tmp_path / "c.toml", "allow_network_fs = true\n")
    assert run("--config", named, "inner")[1]["allow_network_fs"] == "True"
    assert run("inner", "--config", named)[1]["allow_network_fs"] == "True"


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"ASHAD_ADDRESS": "nowhere"}, "'ASHAD_ADDRESS'): \"nowhere\" is not HOST:PORT"),
        ({"ASHAD_ADDRESS": "a:65536"}, "'ASHAD_ADDRESS'): "),
        ({"ASHAD_LOG_FORMAT": "xml"}, "'ASHAD_LOG_FORMAT'): 'xml' is not one of"),
        ({"ASHAD_ALLOW_NETWORK_FS": "maybe"}, "'ASHAD_ALLOW_NETWORK_FS'): 'maybe' is not"),
        ({"ASHAD_CONFIG": "/nowhere/c.toml"}, "/nowhere/c.toml: No such file"),
    ],
)
def test_wrong_variables(run, env, message):
    result, _ = run("inner", env=env)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('adress = "a:1"', 'unknown key "adress" (did you mean "address"?)'),
        ("[daemon]\ndb = 'x'", 'unknown key "daemon"'),
        ("db = 7", "db: must be text in quotes"),
        ("allow_network_fs = 'true'", "allow_network_fs: must be true or false"),
        ("allow_network_fs = 1", "allow_network_fs: must be true or false"),
        ("log_level = 'loud'", "log_level: 'loud' is not one of"),
        ("address = '127.0.0.1'", 'address: "127.0.0.1" is not HOST:PORT'),
        ("db = ", "not TOML: Invalid value"),
        ("#" * (1 << 20) + "#", "larger than 1048576 bytes"),
        ("x = " + "[" * 100_000, "not TOML"),
        ("\udcff", "not TOML"),
    ],
)
def test_wrong_files(run, tmp_path, text, message):
    path = tmp_path / "c.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    # Told even where a flag makes the file needless.
    result, _ = run("--address", "a:1", "inner", "--config", str(path))
    assert result.exit_code == 2
    assert f"{path}: " in result.stderr
    assert message in result.stderr


@pytest.mark.parametrize("address", ["[::1]:2742", "localhost:0", "10.0.0.1:65535", "a-b.c_d:1"])
def test_addresses(run, address):
    assert run("inner", "--address", address)[1]["address"] == address


@pytest.mark.parametrize(
    "address", ["", ":1", "a", "a:", "a:b", "unix:/x", "a b:1", "::1:2", "a:1\n"]
)
def test_not_addresses(run, address):
    assert run("inner", "--address", address)[0].exit_code == 2


def test_help_names_every_setting_and_the_order():
    text = CliRunner().invoke(main, ["--help"]).stdout
    served = CliRunner().invoke(main, ["serve", "--help"]).stdout
    unbroken = "".join((text + served).split())
    for setting in config.SETTINGS.values():
        assert setting.flag in unbroken
        assert setting.variable in unbroken
    words = " ".join(text.split())
    assert "the flag; the ASHAD_* variable; the TOML file (--config)" in words
    assert "the default." in words


def test_help_puts_commands_before_flags_and_leaves_the_daemons_to_serve():
    text = CliRunner().invoke(main, ["--help"]).stdout
    assert text.index("\n  init ") < text.index("\n  serve ") < text.index("  --address")
    assert [name for name in COMMANDS if f"\n  {name} " not in text] == []
    assert "..." not in text.partition("[ARGS]...")[2]
    assert "--max-connections" not in text
    assert len(text.splitlines()) < 80


def test_flags_of_the_daemon_are_refused_before_other_commands():
    result = CliRunner().invoke(main, ["--db", "x.db", "study", "list"])
    assert result.exit_code == 2
    assert "--db is for the daemon, not for `study`" in result.stderr
