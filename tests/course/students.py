"""Students made of one function, and a property that they are asked about."""

from types import SimpleNamespace

from hypothesis import strategies as st

from fls_teach.course.checking.spec import expect, graded
from fls_teach.course.checking.student import Student
from fls_teach.sandbox.outcome import Outcome


def calling(function):
    """A student whose only function is this one."""
    session = SimpleNamespace(call=lambda name, *args, **kwargs: Outcome("value", name, function(*args, **kwargs)))
    return Student(session)


@graded(1, "f(x) < 20", x=st.integers(0, 10**6))
def below_twenty(student, x):
    """Everything stays below twenty"""
    expect(student.f(x) < 20, you=x, expected="less", because="so it is")


def changing(*names, only=lambda x: True):
    """A student whose function `f` claims to have changed these arguments."""

    def call(function, x):
        return Outcome("value", function, 0, mutated=names if only(x) else ())

    return Student(SimpleNamespace(call=call))
