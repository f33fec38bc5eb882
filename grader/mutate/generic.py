"""Mutation operators for any Python: what libraries for mutation testing do, and a little more.

Each is a small generator of a node's variants, a variant being the edits that make it. Which ones
there are follows cosmic-ray and mutmut; docs/architecture.md says why neither is used itself.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from grader.mutate.text import Code, Edit, is_text

Variants = Iterator[tuple[Edit, ...]]
Operator = Callable[[Code, ast.AST], Variants]

_SYMBOL: Mapping[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.And: "and",
    ast.Or: "or",
}
_OTHER = {
    "+": ("-",),
    "-": ("+",),
    "*": ("/", "+"),
    "/": ("*",),
    "//": ("/", "%"),
    "%": ("//",),
    "**": ("*",),
    "@": ("*",),
    "&": ("|",),
    "|": ("&",),
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=", "<=", ">="),
    "!=": ("==", "<", ">"),
    "is": ("is not",),
    "is not": ("is",),
    "in": ("not in",),
    "not in": ("in",),
    "and": ("or",),
    "or": ("and",),
}
_ORDER = ("<", "<=", ">", ">=")
_ORDERED = ast.Sub | ast.Div | ast.FloorDiv | ast.Mod | ast.Pow | ast.MatMult
_DROPPED = (
    ast.Assign
    | ast.AnnAssign
    | ast.AugAssign
    | ast.Expr
    | ast.Raise
    | ast.Return
    | ast.Break
    | ast.Continue
    | ast.Delete
)


def arithmetic(code: Code, node: ast.AST) -> Variants:
    """a + b → a - b, and a += b → a -= b"""
    if isinstance(node, ast.BinOp):
        symbol = _SYMBOL.get(type(node.op), "")
        for other in _OTHER.get(symbol, ()):
            yield code.between(node.left, node.right, symbol, other)
    elif isinstance(node, ast.AugAssign):
        symbol = _SYMBOL.get(type(node.op), "")
        for other in _OTHER.get(symbol, ()):
            yield code.between(node.target, node.value, f"{symbol}=", f"{other}=")


def dropped_operand(code: Code, node: ast.AST) -> Variants:
    """a + b → a, and → b; a - b → a, and → -b"""
    if isinstance(node, ast.BinOp):
        yield code.replace(node, node.left)
        if isinstance(node.op, ast.Sub):
            yield code.put(node, f"-{code.operand(node.right)}")
        else:
            yield code.replace(node, node.right)


def swapped_operands(code: Code, node: ast.AST) -> Variants:
    """a @ b → b @ a"""
    if isinstance(node, ast.BinOp) and isinstance(node.op, _ORDERED):
        yield _swapped(code, node.left, node.right)


def comparison(code: Code, node: ast.AST) -> Variants:
    """a < b → a <= b, and → a >= b; a == 1 → a != 1, → a <= 1, → a >= 1"""
    if isinstance(node, ast.Compare):
        terms = [node.left, *node.comparators]
        for op, (left, right) in zip(node.ops, pairwise(terms), strict=True):
            symbol = _SYMBOL[type(op)]
            text = any(
                isinstance(t, ast.Constant) and not isinstance(t.value, int | float)
                for t in (left, right)
            )
            for other in _OTHER[symbol]:
                if not (text and other in _ORDER):
                    yield code.between(left, right, symbol, other)


def boolean(code: Code, node: ast.AST) -> Variants:
    """a and b → a or b, → a, → b; not a → a"""
    if isinstance(node, ast.BoolOp):
        symbol = _SYMBOL[type(node.op)]
        for left, right in pairwise(node.values):
            yield code.between(left, right, symbol, *_OTHER[symbol])
        for dropped in node.values:
            rest = [v for v in node.values if v is not dropped]
            if len(rest) == 1:
                yield code.replace(node, rest[0])
            else:
                yield code.put(node, "({})".format(f" {symbol} ".join(map(code.operand, rest))))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield code.replace(node, node.operand)


def condition(code: Code, node: ast.AST) -> Variants:
    """if a → if True, → if False"""
    tests = []
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    for test in tests:
        yield code.put(test, "False")
        if not isinstance(node, ast.While):
            yield code.put(test, "True")


def sign(code: Code, node: ast.AST) -> Variants:
    """-a → a"""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert):
        yield code.replace(node, node.operand)


def constant(code: Code, node: ast.AST) -> Variants:
    """1 → 2, → 0; 0.5 → 1.5, → 0.25; True → False; "abc" → "", → "bc" """
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield code.put(node, str(not value))
    elif isinstance(value, int):
        yield code.put(node, str(value + 1))
        yield code.put(node, f"({value - 1})" if value < 1 else str(value - 1))
    elif isinstance(value, float):
        yield code.put(node, repr(value + 1))
        yield code.put(node, repr(value / 2))
    elif isinstance(value, str):
        yield code.put(node, '""')
        yield code.put(node, repr(value[1:]))


def statement(code: Code, node: ast.AST) -> Variants:
    """a = b → pass"""
    if isinstance(node, _DROPPED) and not is_text(node):
        yield code.put(node, "pass")


def loop(code: Code, node: ast.AST) -> Variants:
    """for a in b → for a in (); break → continue"""
    if isinstance(node, ast.For | ast.comprehension):
        yield code.put(node.iter, "()")
    elif isinstance(node, ast.Break):
        yield code.put(node, "continue")
    elif isinstance(node, ast.Continue):
        yield code.put(node, "break")


def exception(code: Code, node: ast.AST) -> Variants:
    """raise ValueError(...) → raise RuntimeError(...)"""
    if isinstance(node, ast.Raise):
        named = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if isinstance(named, ast.Name):
            yield code.put(named, "RuntimeError")


def arguments(code: Code, node: ast.AST) -> Variants:
    """f(a, b, c=d) → f(b, a, c=d), → f(b, c=d), → f(a, c=d), → f(a, b)"""
    if not isinstance(node, ast.Call):
        return
    for left, right in pairwise(node.args):
        if not isinstance(left, ast.Starred) and not isinstance(right, ast.Starred):
            yield _swapped(code, left, right)
    given: list[ast.AST] = sorted([*node.args, *node.keywords], key=code.span)
    opened, closed = code.after(node.func, "("), code.span(node)[1] - 1
    keywords = [k for k in node.keywords if k.arg != "strict"]
    for dropped in [*(node.args if len(node.args) > 1 else []), *keywords]:
        at = given.index(dropped)
        if len(given) == 1:
            yield (Edit(opened, closed, ""),)
        elif at == 0:
            end = code.after(dropped, ",")
            while code.text[end].isspace():
                end += 1
            yield (Edit(opened, end, ""),)
        else:
            end = code.after(dropped, ",") - 1 if at + 1 < len(given) else closed
            yield (Edit(code.after(given[at - 1], ",") - 1, end, ""),)


def swapped_elements(code: Code, node: ast.AST) -> Variants:
    """return a, b → return b, a; and a, b = c → b, a = c"""
    if isinstance(node, ast.Tuple | ast.List):
        for left, right in pairwise(node.elts):
            if not isinstance(left, ast.Starred) and not isinstance(right, ast.Starred):
                yield _swapped(code, left, right)


def _swapped(code: Code, left: ast.expr, right: ast.expr) -> tuple[Edit, ...]:
    return code.replace(left, right) + code.replace(right, left)


OPERATORS: Mapping[str, Operator] = {
    "comparison": comparison,
    "arithmetic": arithmetic,
    "dropped-operand": dropped_operand,
    "swapped-operands": swapped_operands,
    "boolean": boolean,
    "condition": condition,
    "sign": sign,
    "constant": constant,
    "loop": loop,
    "statement": statement,
    "exception": exception,
    "swapped-elements": swapped_elements,
    "arguments": arguments,
}
