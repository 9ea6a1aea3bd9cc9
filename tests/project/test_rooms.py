"""Imports go one way: a room uses only what lies below it, and one room talks to the command line."""

import ast
from pathlib import Path

import pytest

import fls_teach

PACKAGE = Path(fls_teach.__file__).parent
SMALL = "characters", "diagnosis", "files", "pages", "plotting", "processors", "scheduler", "statistics", "terminal"
"""Single files that every room but the theory may use."""
MAY_USE = {
    "theory": set(),
    "sandbox": {"characters", "files"},
    "course": {"theory", "sandbox", *SMALL},
    "vision": {"theory", *SMALL},
    "demos": {"theory", "vision", *SMALL},
    "book": {"demos", "course", "theory", *SMALL},
    "autograder": {"course", "sandbox", *SMALL},
    "cli": {"autograder", "book", "course", "demos", "vision", "sandbox", *SMALL},
    **{name: set(SMALL) for name in SMALL},
}


def imported(path):
    """Dotted names of the modules that a file imports, at its top or inside a function."""
    package = ["fls_teach", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{name.name}" for name in node.names)


def files(room):
    return sorted((PACKAGE / room).rglob("*.py")) if (PACKAGE / room).is_dir() else [PACKAGE / f"{room}.py"]


@pytest.mark.parametrize("room", MAY_USE)
def test_a_room_uses_only_what_lies_below_it(room):
    """Catches an arrow that runs back up, such as a theory that needs the demos."""
    found = {
        (path.name, name.split(".")[1])
        for path in files(room)
        for name in imported(path)
        if name.startswith("fls_teach.") and not name.startswith("fls_teach.__")
    }
    assert found or room in SMALL, "no import of ours was found: does this test still read them?"
    assert not {(path, used) for path, used in found if used not in MAY_USE[room] | {room}}


FLOORS = {
    "course": ["registry patched", "checking", "feedback", "workspace"],
    "autograder": [
        "record results_folder selection sentence settings tables",
        "intake",
        "reports",
        "marking",
        "packaging",
        "conclude grade",
        "doctor",
    ],
    "sandbox": [
        "decoding notebooks outcome printed protocol reply source worker",
        "proc",
        "isolation",
        "worker_process session inprocess",
        "probe selftest",
    ],
}
"""Files and sub-rooms of rooms that have floors, the lowest first: none uses what lies above it."""


@pytest.mark.parametrize("room", FLOORS)
def test_a_room_has_its_floors_too(room):
    """Catches a verdict that depends on how a failure is shown, a report that marks, or a worker with a self-test."""
    floors, upwards = [floor.split() for floor in FLOORS[room]], []
    for k, floor in enumerate(floors):
        above = {f"fls_teach.{room}.{name}" for names in floors[k + 1 :] for name in names}
        for path in (path for name in floor for path in files(f"{room}/{name}")):
            upwards += [(path.name, name) for name in imported(path) if ".".join(name.split(".")[:3]) in above]
    assert not upwards


@pytest.mark.parametrize("room", ["autograder", "sandbox"])
def test_each_part_of_a_room_is_on_a_floor(room):
    """Catches a new file that no rule is about, and a rule on a file that is gone."""
    parts = {path.stem for path in (PACKAGE / room).iterdir() if path.suffix == ".py" or any(path.glob("*.py"))}
    assert parts - {"__init__"} == {name for floor in FLOORS[room] for name in floor.split()}


def public_functions(node, private=False):
    for each in ast.iter_child_nodes(node):
        hidden = (
            private or each.name.startswith("_") and not each.name.startswith("__") if hasattr(each, "name") else True
        )
        if isinstance(each, ast.FunctionDef) and not hidden:
            yield each
        elif isinstance(each, ast.ClassDef):
            yield from public_functions(each, hidden)


@pytest.mark.parametrize("room", ["sandbox", "autograder"])
def test_public_functions_are_typed(room):
    """Catches a function whose arguments `make lint` does not check where it is called."""
    bare = []
    for path in files(room):
        for each in public_functions(ast.parse(path.read_text(encoding="utf-8"))) if "intake" not in path.parts else ():
            arguments = [*each.args.posonlyargs, *each.args.args, *each.args.kwonlyargs]
            typed = all(one.annotation or one.arg in ("self", "cls") for one in arguments)
            bare += [] if typed and each.returns else [f"{path.name}: {each.name}"]
    assert not bare


def test_every_room_has_its_rule():
    """Catches a new room that no rule is about."""
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    rooms |= {path.stem for path in PACKAGE.glob("[!_]*.py")}
    assert rooms - {"course_files"} == set(MAY_USE)


def test_nothing_but_the_command_line_imports_click():
    """Catches a room that prints by click: it could not be used without a terminal in mind."""
    using = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if "course_files" not in path.parts and any(name.split(".")[0] == "click" for name in imported(path))
    }
    assert using == {"cli", "terminal.py"}
