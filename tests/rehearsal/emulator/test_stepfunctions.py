"""moto's interpreter, where the emulator corrects it: what a path yields at AWS."""

import pytest

from rehearsal.emulator.stepfunctions.interpreter import extracted

DATA = {"one": [{"id": 1, "tags": [{"Key": "a", "Value": "b"}]}, {"id": 2, "tags": []}]}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.one[0].id", 1),
        ("$.one[0].tags[?(@.Key == 'a')].Value", ["b"]),
        ("$.one[1].tags[?(@.Key == 'a')].Value", []),
        ("$.one[*].id", [1, 2]),
        ("$.one[1:]", [DATA["one"][1]]),
        ("$.one[2:]", []),
        ("$.one[1].tags[*].Key", []),
    ],
)
def test_a_definite_path_yields_one_value_and_any_other_a_list(path, value):
    assert extracted(path, DATA) == value


def test_a_definite_path_to_nothing_is_an_error():
    with pytest.raises(Exception, match="could not be found"):
        extracted("$.one[2].id", DATA)
