"""The layout of one clone's engine: complete, idempotent, repaired when something is off."""

import os
from importlib.metadata import version
from pathlib import Path

import pytest

from rehearsal.engine import layout as layout_module
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.layout import ensure_layout
from rehearsal.engine.pulumi_cli.cli import Cli


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with a CLI and nothing else, as a build leaves it."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "pulumi").write_text("the CLI")
    (folder / "pulumi").chmod(0o755)
    return folder


@pytest.fixture
def root(tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a layout whose CLI is the one in `elsewhere`, without its own hosts."""
    use(Cli(elsewhere / "pulumi", "v3.259.0", "built", has_hosts=False), monkeypatch)
    return tmp_path / "root"


def use(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout_module, "get_cli", lambda: cli)


def identities(root: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(root)): (path.lstat().st_ino, path.lstat().st_mtime_ns)
        for path in root.rglob("*")
        if not path.is_dir()
    }


def test_a_second_set_up_touches_no_file(root: Path) -> None:
    ensure_layout(root)
    first = identities(root)
    ensure_layout(root)

    changed = {name for name, identity in identities(root).items() if first.get(name) != identity}
    assert changed == set()


def test_hosts_lie_beside_a_cli_that_has_none(root: Path, elsewhere: Path) -> None:
    layout = ensure_layout(root)

    assert sorted(path.name for path in layout.binaries.iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-resource-pulumi-python",
    ]
    assert not layout.pulumi.is_symlink(), "a link would make the CLI look for hosts elsewhere"
    assert layout.pulumi.samefile(elsewhere / "pulumi")


def test_a_cli_with_its_own_hosts_keeps_them(
    root: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_layout(root)  # an earlier set-up with our hosts
    use(Cli(elsewhere / "pulumi", "v3.270.0", "from PATH", has_hosts=True), monkeypatch)

    layout = ensure_layout(root)

    assert [path.name for path in layout.binaries.iterdir()] == ["pulumi"]
    assert layout.pulumi.readlink() == elsewhere / "pulumi"


def test_a_new_cli_replaces_the_old_one(root: Path, elsewhere: Path) -> None:
    ensure_layout(root)
    newer = elsewhere / "newer"
    newer.write_text("a newer CLI")
    newer.chmod(0o755)
    newer.replace(elsewhere / "pulumi")

    assert ensure_layout(root).pulumi.read_text() == "a newer CLI"


def test_stand_ins_have_exactly_the_version_of_the_installed_package(root: Path) -> None:
    stale = root / "home" / "plugins" / "resource-aws-v0.0.1"
    stale.mkdir(parents=True)

    plugins = ensure_layout(root).home / "plugins"

    for name in ("aws", "tls", "command"):
        folder = plugins / f"resource-{name}-v{version(f'pulumi_{name}')}"
        assert os.access(folder / f"pulumi-resource-{name}", os.X_OK)
        assert f"rehearsal.plugins.{name}" in (folder / f"pulumi-resource-{name}").read_text()
    assert not stale.exists()


def test_a_damaged_launcher_is_repaired(root: Path) -> None:
    host = ensure_layout(root).binaries / "pulumi-language-python"
    whole = host.read_text()
    host.write_text("half a")

    ensure_layout(root)

    assert host.read_text() == whole
    assert os.access(host, os.X_OK)


def test_published_plugins_get_a_home_without_stand_ins(root: Path) -> None:
    layout = ensure_layout(root, plugins="published")

    own = f"resource-cloudhsm-v{version('pulumi_cloudhsm')}"
    assert [one.name for one in (layout.home / "plugins").iterdir()] == [own]
    variables = layout.variables(root / "state")
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in variables


def test_a_schema_that_the_cli_kept_of_an_earlier_working_tree_is_dropped(root: Path) -> None:
    plugins = ensure_layout(root).home / "plugins"
    stale, current = (
        plugins / "schema-cloudhsm-0.1.0-.json",
        plugins / "schema-cloudhsm-0.2.0-.json",
    )
    for schema in (stale, current):
        schema.write_text("{}")
    os.utime(stale, (0, 0))

    ensure_layout(root)

    assert not stale.exists()
    assert current.exists()


def test_an_unknown_choice_of_plugins_is_named(root: Path) -> None:
    with pytest.raises(RehearsalError, match="REHEARSAL_PLUGINS='mine' is not one of stand-in"):
        ensure_layout(root, plugins="mine")
