import pytest

from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.values import UNKNOWN, Secret
from tests.rehearsal.plugins.driver import Plugin, RefusedError

COMMAND = "command:local:Command"


def test_a_command_is_run_when_it_is_made_and_its_output_kept(command: Plugin, tmp_path):
    inputs = {
        "create": "pwd; cat; echo $WORD; echo oh >&2",
        "dir": str(tmp_path),
        "environment": {"WORD": "hello"},
        "stdin": "from stdin\n",
    }
    identifier, outputs = command.create(COMMAND, inputs, name="cmd")
    assert outputs["stdout"] == f"{tmp_path}\nfrom stdin\nhello"
    assert outputs["stderr"] == "oh"
    assert identifier.startswith("cmd")
    assert len(identifier) == len("cmd") + 8
    described = InstalledPackage("command").resource(COMMAND).outputs
    assert outputs.keys() <= described.keys()


def test_another_interpreter_may_run_it(command: Plugin):
    inputs = {"create": "print(6 * 7)", "interpreter": ["python3", "-c"]}
    assert command.create(COMMAND, inputs)[1]["stdout"] == "42"


def test_a_preview_runs_nothing(command: Plugin, tmp_path):
    mark = tmp_path / "mark"
    outputs = command.preview(COMMAND, {"create": f"touch {mark}"})
    assert outputs["stdout"] is UNKNOWN
    assert not mark.exists()


def test_a_failure_is_told_as_published_with_all_it_printed(command: Plugin):
    with pytest.raises(RefusedError) as refused:
        command.create(COMMAND, {"create": "echo out; echo err >&2; exit 3"})
    first, *rest = str(refused.value).splitlines()
    assert first == 'exit status 3: running "echo out; echo err >&2; exit 3":'
    assert sorted(rest) == ["err", "out"]
    assert refused.value.partial is None


def test_an_interpreter_or_folder_there_is_not_is_told(command: Plugin):
    with pytest.raises(RefusedError, match="no-such-program"):
        command.create(COMMAND, {"create": "x", "interpreter": ["no-such-program"]})
    with pytest.raises(RefusedError, match="no-such-folder"):
        command.create(COMMAND, {"create": "x", "dir": "/no-such-folder"})


def test_a_changed_command_is_an_update_that_runs_update_and_knows_the_output_before(
    command: Plugin,
):
    old_inputs = {"create": "echo one"}
    identifier, outputs = command.create(COMMAND, old_inputs)
    new = {"create": "echo two", "update": "echo was $PULUMI_COMMAND_STDOUT"}
    answer = command.diff(COMMAND, outputs, new, old_inputs)
    assert (sorted(answer.diffs), list(answer.replaces)) == (["create", "update"], [])
    assert command.update(COMMAND, identifier, outputs, new, preview=True)["stdout"] is UNKNOWN
    assert command.update(COMMAND, identifier, outputs, new)["stdout"] == "was one"


def test_without_update_a_changed_command_runs_create_again(command: Plugin):
    identifier, outputs = command.create(COMMAND, {"create": "echo one"})
    assert command.update(COMMAND, identifier, outputs, {"create": "echo two"})["stdout"] == "two"


def test_without_both_nothing_is_run_and_the_output_stays(command: Plugin):
    identifier, outputs = command.create(COMMAND, {"create": "echo one"})
    assert command.update(COMMAND, identifier, outputs, {"delete": "true"})["stdout"] == "one"


def test_a_failed_update_keeps_the_resource(command: Plugin):
    identifier, outputs = command.create(COMMAND, {"create": "echo one"})
    with pytest.raises(RefusedError) as refused:
        command.update(COMMAND, identifier, outputs, {"create": "exit 1"})
    assert refused.value.partial is not None
    assert refused.value.partial.id == identifier


def test_changed_triggers_replace(command: Plugin):
    old = {"create": "echo one", "triggers": [1, "a"]}
    _, outputs = command.create(COMMAND, old)
    answer = command.diff(COMMAND, outputs, old | {"triggers": [2, "a"]}, old)
    assert list(answer.replaces) == ["triggers"]
    assert list(answer.detailedDiff) == ["triggers[0]"]


def test_delete_runs_its_command_with_the_last_output(command: Plugin, tmp_path):
    mark = tmp_path / "mark"
    inputs = {"create": "echo one", "delete": f"echo $PULUMI_COMMAND_STDOUT > {mark}"}
    command.delete(COMMAND, *command.create(COMMAND, inputs))
    assert mark.read_text() == "one\n"


def test_the_output_before_can_be_kept_out_of_the_environment(command: Plugin):
    inputs = {"create": "echo one"}
    identifier, outputs = command.create(COMMAND, inputs)
    new = {"update": "echo [$PULUMI_COMMAND_STDOUT]", "addPreviousOutputInEnv": False}
    assert command.update(COMMAND, identifier, outputs, new)["stdout"] == "[]"


def test_a_secret_in_the_environment_makes_the_output_secret(command: Plugin):
    inputs = {"create": "echo $TOKEN", "environment": {"TOKEN": Secret("hush")}}
    _, outputs = command.create(COMMAND, inputs)
    assert isinstance(outputs["stdout"], Secret)
    assert isinstance(outputs["stderr"], Secret)
    assert isinstance(outputs["environment"]["TOKEN"], Secret)


def test_files_are_returned_as_assets(command: Plugin, tmp_path):
    inputs = {
        "create": "mkdir -p a && echo x > a/b.txt && echo y > c.txt && echo z > no.txt",
        "dir": str(tmp_path),
        "assetPaths": ["**.txt", "!no.txt"],
    }
    _, outputs = command.create(COMMAND, inputs)
    assert outputs["assets"].keys() == {"a/b.txt", "c.txt"}
