"""Every way in which a student's file can go wrong ends as one clear outcome."""

import os
import sys

import numpy as np
import pytest

from fls_teach.sandbox import InProcess, NotPlain, Session, WorkerStartError
from fls_teach.sandbox.isolation.sandboxes import NoSandbox

MISUSES = '''
import ctypes, dataclasses, os, sys, threading, time
import numpy as np
print("loading")
constant = 3.0

def double(X, *, times=2.0):
    """Works."""
    return X * times

def everything(x):
    return x

def in_place(X):
    X *= 2
    return X.copy()

def alias(X):
    return X

def stub(X):
    raise NotImplementedError("exercise 05: the cosine of the angle")

def unfinished(X):
    raise NotImplementedError

def divides():
    return helper(0)

def helper(x):
    return 1 / x

def through_numpy():
    return np.linalg.inv(np.zeros((2, 2)))

def leaves():
    sys.exit("bye")

def interrupts():
    raise KeyboardInterrupt

def recursive(n=0):
    return recursive(n + 1)

def eats_memory():
    return np.ones(10**15)

def asks():
    return input("number? ")

def evil_exception():
    class Evil(Exception):
        def __str__(self):
            raise SystemExit
    raise Evil

def colourful_exception():
    raise ValueError("\\x1b[2Jcleared \\u202e\\u061c\\nsecond line" + "x" * 100_000)

def generator():
    yield 1

def lambda_():
    return lambda: 1

def huge():
    return np.zeros(10**7)

def two_mb_of_text():
    return "x" * 2**21

def prints():
    print("python", end=" ")
    os.write(1, b"fd1 ")
    os.write(2, b"fd2 ")
    os.system("echo child")
    return 1.0

def prints_much():
    for i in range(3000):
        print("0123456789" * 10)
    return 1.0

def closes_stdout():
    sys.stdout.close()
    return 1.0

def warns():
    return np.float64(1) / np.float64(0)

state = []

def remembers():
    state.append(1)
    return len(state)

def first_and_last(X, *others, scale):
    X[0], others[-1][0] = 7, 7
    scale.append("odd")
    return X

def put_in(items):
    items.append(print)

class Answer(__import__("typing").NamedTuple):
    psi: float
    inner: object = None

class Careless(float):
    def __float__(self):
        raise SystemExit
    __eq__ = __repr__ = __float__
    __hash__ = float.__hash__

def named():
    return Answer(Careless(0.5), Answer(np.float32(1), [Careless(-1)]))

class Meta(type):
    @property
    def __module__(self):
        raise KeyboardInterrupt

class Odd(metaclass=Meta):
    pass

def odd():
    return Odd()

def draws():
    import random
    return (random.random(), float(np.random.rand()))

def about():
    light = [m for m in ("scipy", "torch", "fls_teach", "matplotlib") if m in sys.modules]
    return {"modules": light, "secret": "FLS_SECRET" in os.environ, "path": list(sys.path),
            "file": __file__, "hash": hash("a"), "cwd": os.getcwd(), "argv": len(sys.argv)}
'''


@pytest.fixture(scope="module")
def misuses(folder):
    path = folder / "05_misuses.py"
    path.write_text(MISUSES, encoding="utf-8")
    os.environ["FLS_SECRET"] = "1"
    with Session(path) as session:
        yield session
    del os.environ["FLS_SECRET"]


def test_values_go_there_and_come_back(misuses):
    X = np.arange(6, dtype=np.float32).reshape(2, 3)
    outcome = misuses.call("double", X, times=3)
    assert outcome.ok and outcome.message == "" and not outcome.mutated
    assert outcome.value.dtype == np.float32
    np.testing.assert_array_equal(outcome.value, 3 * X)
    value = {"a": (1, [2.0, None]), "b": np.float64(1), "c": b"\0", "é": True}
    assert repr(misuses.call("everything", value).value) == repr(value)
    assert 0 < outcome.seconds < 10


def test_a_changed_argument_is_noticed_and_harmless(misuses):
    X = np.ones(3)
    outcome = misuses.call("in_place", X)
    assert outcome.ok and outcome.mutated == ("X",)
    np.testing.assert_array_equal(X, 1.0)
    assert not misuses.call("alias", np.array([np.nan])).mutated


@pytest.fixture(params=[Session, InProcess])
def session(request, misuses):
    """`MISUSES` in a worker, and in this process."""
    if request.param is Session:
        yield misuses
    else:
        with InProcess(misuses.path) as session:
            yield session


def test_changed_arguments_are_named(session):
    """ "In place" alone leaves a student looking for which of six arrays it was."""
    one = np.ones(2)
    assert session.call("first_and_last", one, one, one, scale=[]).mutated == ("X", "argument 3", "scale")
    assert session.call("first_and_last", X=one, scale=[]).kind == "exception"
    assert session.call("put_in", [1]).mutated == ("items",), "of what is not plain any more, too"


def test_named_tuples_and_subclasses_of_numbers_arrive_as_plain_values(session):
    value = session.call("named").value
    assert repr(value) == repr((0.5, (np.float32(1), [-1.0]))) and type(value) is tuple and type(value[0]) is float


def test_a_class_that_misbehaves_is_the_submissions_exception(misuses):
    """It would end the worker, and look like a crash of the interpreter."""
    assert [misuses.call("odd").exception, misuses.call("named").kind] == ["KeyboardInterrupt", "value"]


# function: kind, exception, what the sentence says, what the traceback says
SENTENCES = {
    "stub": ("not_done", "NotImplementedError", "not written yet (exercise 05: the cosine", ""),
    "unfinished": ("exception", "NotImplementedError", "raised NotImplementedError.", "in unf"),
    "divides": ("exception", "ZeroDivisionError", "raised ZeroDivisionError: division", "1 / x"),
    "through_numpy": ("exception", "LinAlgError", "Singular matrix", "np.linalg.inv"),
    "leaves": ("exception", "SystemExit", "called exit()", 'sys.exit("bye")'),
    "interrupts": ("exception", "KeyboardInterrupt", "raised KeyboardInterrupt", "in interrupts"),
    "recursive": ("exception", "RecursionError", "calls itself without end", "earlier calls left"),
    "eats_memory": ("exception", "MemoryError", "ran out of memory", "np.ones(10**15)"),
    "asks": ("exception", "EOFError", "waited for input()", "number?"),
    "evil_exception": ("exception", "Evil", "cannot be shown", "raise Evil"),
    "double": ("exception", "TypeError", "missing 1 required positional argument: 'X'", ""),
    "nothing": ("missing", "", "05_misuses.py has no function nothing; it defines double", ""),
    "constant": ("missing", "", "constant is of type float", ""),
    "generator": ("not_plain", "", "generator() returned a generator; return numbers", ""),
    "lambda_": ("not_plain", "", "returned a function; was it meant to be called?", ""),
    "huge": ("not_plain", "", "an array of more than 32 MiB", ""),
    "two_mb_of_text": ("not_plain", "", "more than 1 MiB of text", ""),
}


@pytest.mark.parametrize("function", SENTENCES)
def test_each_misuse_has_its_sentence(misuses, function):
    arguments = (np.ones(2),) if function in ("stub", "unfinished") else ()
    outcome = misuses.call(function, *arguments)
    kind, exception, message, traceback = SENTENCES[function]
    assert (outcome.kind, outcome.exception) == (kind, exception)
    assert message in outcome.message and "\n" not in outcome.message
    assert traceback in outcome.traceback and len(outcome.traceback.splitlines()) < 20
    assert outcome.value is None and not outcome.ok


def test_a_traceback_shows_only_the_students_frames(misuses):
    lines = misuses.call("divides").traceback.splitlines()
    number = MISUSES.splitlines().index("    return helper(0)") + 1
    assert lines == [
        f"05_misuses.py, line {number}, in divides",
        "    return helper(0)",
        f"05_misuses.py, line {number + 3}, in helper",
        "    return 1 / x",
    ]


def test_text_from_the_worker_cannot_play_with_the_terminal(misuses):
    outcome = misuses.call("colourful_exception")
    for text in (outcome.message, outcome.detail):
        assert not {"\x1b", "\u202e", "\u061c"} & set(text) and "\\x1b[2Jcleared" in text
    assert len(outcome.detail) < 5000 and "second line" not in outcome.message


def test_prints_are_kept_in_order_and_apart(misuses):
    misuses.call("draws")
    assert misuses.call("prints").printed == "python fd1 fd2 child\n"
    assert misuses.call("draws").printed == ""
    assert "divide by zero" in misuses.call("warns").printed


def test_endless_printing_is_cut_with_a_note(misuses):
    outcome = misuses.call("prints_much")
    assert outcome.ok and len(outcome.printed) < 21_000
    left_out = 3000 * (100 + len(os.linesep)) - 20_000
    assert outcome.printed.endswith(f"({left_out} more bytes not shown)")


def test_state_lives_until_restart(misuses):
    assert [misuses.call("remembers").value for _ in range(2)] == [1, 2]
    misuses.restart()
    assert misuses.call("remembers").value == 1


def test_module_level_randomness_is_repeatable(misuses):
    first = misuses.call("draws").value
    assert misuses.call("draws").value == first
    misuses.restart()
    assert misuses.call("draws").value == first


def test_generators_without_a_seed_repeat_from_run_to_run_alone(session_for):
    """Else marks of honest code that forgets a seed are chance; and within a run they must not hide that it does."""
    session = session_for("import numpy as np\ndef f():\n    return float(np.random.default_rng().random())\n")
    first = [session.call("f").value for _ in range(3)]
    assert len(set(first)) == 3
    session.restart()
    assert [session.call("f").value for _ in range(3)] == first


def test_closing_stdout_does_not_close_the_channel(misuses):
    assert misuses.call("closes_stdout").value == 1.0
    assert misuses.call("constant").kind == "missing"
    misuses.restart()


def test_the_worker_is_light_and_knows_little(misuses, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    monkeypatch.setenv("PYTHONHASHSEED", "17")
    misuses.restart()
    about = misuses.call("about").value
    assert about["modules"] == [] and not about["secret"] and about["argv"] == 1
    assert "/somewhere/else" not in about["path"]
    assert not any(os.path.exists(os.path.join(p, "worker.py")) for p in about["path"])
    assert about["file"] == str(misuses.path)
    assert os.path.samefile(about["cwd"], misuses.path.parent)
    misuses.restart()
    assert misuses.call("about").value["hash"] == about["hash"]


def test_nothing_is_written_beside_the_students_file(session_for, folder):
    before = set(os.listdir(folder))
    (folder / "random.py").write_text("raise RuntimeError('shadowed')")  # students do that
    (folder / "helper.py").write_text("three = 3")
    session = session_for(
        "import os, random, sys\n"
        "sys.path.append(os.path.dirname(__file__))\n"
        "import helper\n"
        "def f():\n    return random.randint(3, helper.three)\n"
    )
    assert session.call("f").value == 3
    assert set(os.listdir(folder)) - before <= {"random.py", "helper.py", "05_alignment.py"}


# --------------------------------------------------------------- support, sandbox, debug


def test_support_code_meets_the_student_in_the_worker(session_for, folder):
    support = folder / "support.py"
    support.write_text("def both(x):\n    return [student.f(g, x), g(x)]\ndef g(x):\n    return x + 1\n")
    session = session_for("def f(g, x):\n    return g(g(x))\n", support=support)
    assert session.call("support:both", 1).value == [3, 2]
    assert session.call("both", 1).kind == "missing"
    support.write_text("def prepare(source):\n    global text\n    text = source\ndef told():\n    return text\n")
    assert session_for("x = 'optim'", support=support).call("support:told").value == "x = 'optim'"

    support.write_text("import nothing_here")
    assert "support code raised Mod" in session_for("x = 1", support=support).call("f").message


class Replaced(NoSandbox):
    """A sandbox that runs another command."""

    def __init__(self, replace):
        super().__init__()
        self.command = lambda command: (replace(command), ())


def test_the_sandbox_changes_the_command(session_for):
    source = "import sys\ndef f():\n    return sys._xoptions.get('fls')\n"
    session = session_for(source, sandbox=Replaced(lambda c: [c[0], "-X", "fls=sandboxed", *c[1:]]))
    assert session.call("f").value == "sandboxed"


@pytest.mark.parametrize("command", [["/no/such/program"], [sys.executable, "-c", "print('no')"]])
def test_a_sandbox_that_fails_is_nobodys_mark(session_for, command):
    with pytest.raises(WorkerStartError, match="start"):
        session_for("def f(): return 1", sandbox=Replaced(lambda _: command)).call("f")


def test_arguments_must_be_plain(misuses):
    with pytest.raises(NotPlain, match="complex"):
        misuses.call("everything", 1j)


def test_debugging_runs_here_with_the_same_outcomes(session_for, capsys):
    session = session_for(MISUSES, "05_misuses.py", InProcess)
    X = np.ones(2)
    outcome = session.call("in_place", X)
    assert outcome.value.tolist() == [2, 2] and outcome.mutated and X.tolist() == [1, 1]
    assert capsys.readouterr().out == "loading\n"
    for function in ("divides", "nothing", "generator", "leaves"):
        kind, exception, message, traceback = SENTENCES[function]
        outcome = session.call(function)
        assert (outcome.kind, outcome.exception) == (kind, exception)
        assert message in outcome.message and traceback in outcome.traceback
    assert str(session.path) in session.call("divides").traceback
    assert session.call("stub", 1).kind == "not_done"
    with pytest.raises(KeyboardInterrupt):
        session.call("interrupts")


def test_debugging_can_let_exceptions_through(session_for):
    session = session_for(MISUSES, kind=InProcess, reraise=True)
    with pytest.raises(ZeroDivisionError):
        session.call("divides")
    assert session.call("stub", 1).kind == "not_done"


@pytest.mark.parametrize("letter", ["x", "\x1b", "\u202e"])
def test_a_forged_detail_is_no_longer_than_an_honest_one_may_be(session_for, letter):
    """It goes into the record, as escapes: \\u202e is six letters. What was printed has a limit of its own."""
    outcome = session_for("")._outcome("protocol_error", "f", detail=letter * 50_000, traceback=letter * 50_000)
    assert max(map(len, (outcome.detail, outcome.message, outcome.traceback))) < 6_200
