"""Operators that change a solution: those of the package mutmut, and three more for numerical code.

An operator is a pair (type of a libcst node, function that yields replacements of such a node).
"""

from fls_teach.course.registry import CourseError

_REVERSED = {
    **{"LessThan": "GreaterThan", "LessThanEqual": "GreaterThanEqual"},
    **{"GreaterThan": "LessThan", "GreaterThanEqual": "LessThanEqual"},
    **{"Add": "Multiply", "Subtract": "Multiply", "Multiply": "Add", "Power": "Add"},
}
_PARTNERS = (
    *("mean sum", "mean median", "std var", "max min", "maximum minimum", "argmax argmin", "any all", "cumsum cumprod"),
    *("sin cos", "log exp", "log1p expm1", "ndtr ndtri", "floor ceil", "zeros_like ones_like", "zeros ones"),
)


def operators():
    """Return all operators.

    Returns
    -------
    list of (type, function)

    Raises
    ------
    CourseError
        If mutmut is not installed.
    """
    try:
        import libcst
        from mutmut.mutation.mutators import mutation_operators
    except ImportError:
        raise CourseError(
            "fls lint needs the package mutmut to make mutants: python -m pip install mutmut, or use --mutants 0"
        ) from None
    return [*mutation_operators, *_numerical(libcst)]


def _numerical(cst):
    # mutmut only adds 1 to a number: axis=1 becomes axis=2, which numpy rejects at once.
    def one_less(node):
        value = node.evaluated_value - 1
        yield node.with_changes(value=repr(value)) if value >= 0 else cst.parse_expression(f"({value!r})")

    # mutmut replaces < only by <=, and * only by /.
    def reversed_operator(node):
        other = _REVERSED.get(type(node.operator).__name__)
        if other:
            yield node.with_changes(operator=getattr(cst, other)())

    partners = {}
    for pair in map(str.split, _PARTNERS):
        for one, other in (pair, pair[::-1]):
            partners.setdefault(one, []).append(other)

    def partner(node):
        for other in partners.get(node.value, ()):
            yield node.with_changes(value=other)

    numbers = [(kind, one_less) for kind in (cst.Integer, cst.Float)]
    return [*numbers, (cst.ComparisonTarget, reversed_operator), (cst.BinaryOperation, reversed_operator),
            (cst.Name, partner)]  # fmt: skip
