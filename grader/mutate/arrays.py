"""Mutation operators for code about arrays and recurrences: what students really get wrong there.

Small generators of a node's variants, as in `generic`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from grader.mutate.generic import Operator, Variants
from grader.mutate.text import Code, Edit, walk

_SIGMOID = "(1 / (1 + np.exp(-{})))"
_EXCHANGED: Mapping[str, tuple[str, ...]] = {
    "sum": ("mean", "max"),
    "mean": ("sum",),
    "max": ("min",),
    "min": ("max",),
    "any": ("all",),
    "all": ("any",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "zeros": ("ones",),
    "zeros_like": ("ones_like",),
    "ones": ("zeros",),
    "ones_like": ("zeros_like",),
    "hstack": ("vstack",),
    "vstack": ("hstack",),
    "floor": ("ceil",),
    "ceil": ("floor",),
    "exp": ("expm1",),
    "log": ("log1p",),
    "sin": ("cos",),
    "cos": ("sin",),
    "append": ("extend",),
    "popleft": ("pop",),
    "startswith": ("endswith",),
    "endswith": ("startswith",),
    "isdigit": ("isalpha",),
    "lstrip": ("rstrip",),
    "rstrip": ("lstrip",),
    "isfinite": ("isnan",),
    "isnan": ("isfinite",),
}
_MODULES = ("np", "numpy", "math")
_HELD = ast.Name | ast.Attribute | ast.Subscript


def transpose(code: Code, node: ast.AST) -> Variants:
    """a.T → a; a @ b → a.T @ b, → a @ b.T"""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield code.replace(node, node.value)
    operands: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        operands = [node.left, node.right]
    elif isinstance(node, ast.Call) and _name(node) in ("dot", "matmul", "outer"):
        operands = node.args
    for operand in operands:
        if not (isinstance(operand, ast.Attribute) and operand.attr == "T"):
            yield code.put(operand, f"{code.operand(operand)}.T")


def axis(code: Code, node: ast.AST) -> Variants:
    """axis=0 → axis=1; axis=1 → axis=0"""
    if isinstance(node, ast.keyword) and node.arg == "axis":
        for other in ("0", "1"):
            yield code.put(node.value, other)


def exchanged_function(code: Code, node: ast.AST) -> Variants:
    """a.sum() → a.mean(); np.maximum → np.minimum; np.zeros → np.ones"""
    if isinstance(node, ast.Call):
        for other in _EXCHANGED.get(_name(node), ()):
            yield _renamed(code, node, other)


def nonlinearity(code: Code, node: ast.AST) -> Variants:
    """np.tanh(a) → (1 / (1 + np.exp(-a))); sigmoid(a) → np.tanh(a)"""
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        if _name(node) == "tanh":
            yield code.put(node, _SIGMOID.format(code.operand(node.args[0])))
        elif "sigm" in _name(node) or "logistic" in _name(node):
            yield code.put(node, f"np.tanh({code.of(node.args[0])})")


def prime(code: Code, node: ast.AST) -> Variants:
    """dh * (1 - h**2) → dh; ds * s * (1 - s) → ds * s: a derivative, or half of one, omitted"""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        for slope, rest in ((node.left, node.right), (node.right, node.left)):
            one_minus = isinstance(slope, ast.BinOp) and isinstance(slope.op, ast.Sub)
            if one_minus and code.of(slope).startswith("1"):
                yield code.replace(node, rest)


def accumulation(code: Code, node: ast.AST) -> Variants:
    """a += b → a = b; np.add.at(a, i, b) → a[i] += b"""
    if isinstance(node, ast.AugAssign):
        yield code.put(node, f"{code.of(node.target)} = {code.of(node.value)}")
    elif isinstance(node, ast.Call) and _name(node) == "at" and len(node.args) == 3:
        array, place, value = map(code.of, node.args)
        yield code.put(node, f"{array}[{place}] += {value}")


def copy_for_in_place(code: Code, node: ast.AST) -> Variants:
    """a *= b → a = a * b; a[...] = b → a = b

    Not for an `a` that the function made itself and only then changes: nobody else holds it.
    """
    if isinstance(node, ast.FunctionDef):
        own = _made_in(node)
        for change in walk(node):
            if isinstance(change, ast.AugAssign) and code.of(change.target) not in own:
                target, value = code.of(change.target), code.operand(change.value)
                gap = code.text[code.span(change.target)[1] : code.span(change.value)[0]]
                symbol = gap.partition("=")[0].strip()
                yield code.put(change, f"{target} = {target} {symbol} {value}")
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        whole = node.targets[0]
        if code.of(whole.slice) in ("...", ":"):
            yield code.put(whole, code.of(whole.value))


def _made_in(function: ast.FunctionDef) -> set[str]:
    """The variables that only ever hold what a function has made itself."""
    made: set[str] = set()
    held = {a.arg for a in function.args.args}
    for node in walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found = held if isinstance(node.value, _HELD) else made
            found.add(node.targets[0].id)
        elif isinstance(node, ast.For):
            held |= {n.id for n in walk(node.target) if isinstance(n, ast.Name)}
    return made - held


def reversal(code: Code, node: ast.AST) -> Variants:
    """reversed(a) → a; for t in range(T) → for t in reversed(range(T)); a[::-1] → a"""
    if isinstance(node, ast.Call) and _name(node) in ("reversed", "flip") and node.args:
        yield code.replace(node, node.args[0])
    elif isinstance(node, ast.Subscript) and code.of(node.slice).replace(" ", "") == "::-1":
        yield code.replace(node, node.value)
    elif (
        isinstance(node, ast.For)
        and isinstance(node.iter, ast.Call)
        and _name(node.iter) in ("range", "zip", "enumerate")
    ):
        yield code.put(node.iter, f"reversed(list({code.of(node.iter)}))")


def bounds(code: Code, node: ast.AST) -> Variants:
    """range(a, b) → range(a + 1, b), → range(a, b - 1), → range(a, b + 1); a[i:] → a[:]"""
    if isinstance(node, ast.Call) and _name(node) == "range" and node.args:
        start = node.args[0] if len(node.args) > 1 else None
        stop = node.args[1] if start else node.args[0]
        for change in ("- 1", "+ 1"):
            yield code.put(stop, f"{code.of(stop)} {change}")
            if start:
                yield code.put(start, f"{code.of(start)} {change}")
        if not start:
            yield code.put(stop, f"1, {code.of(stop)}")
    elif isinstance(node, ast.Slice):
        for bound in (node.lower, node.upper, node.step):
            if bound is not None:
                yield code.put(bound, "")


def index(code: Code, node: ast.AST) -> Variants:
    """a[t] → a[t - 1], → a[t + 1], → a"""
    if isinstance(node, ast.Subscript):
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for item in items:
            if isinstance(item, ast.Name | ast.BinOp):
                yield code.put(item, f"{code.of(item)} - 1")
                yield code.put(item, f"{code.of(item)} + 1")
        if isinstance(node.ctx, ast.Load):
            yield code.replace(node, node.value)


def unwrapped_call(code: Code, node: ast.AST) -> Variants:
    """f(a) → a; a.f(b) → a"""
    if isinstance(node, ast.Call):
        if node.args and not isinstance(node.args[0], ast.Starred):
            yield code.replace(node, node.args[0])
        if isinstance(node.func, ast.Attribute) and code.of(node.func.value) not in _MODULES:
            yield code.replace(node, node.func.value)


def sibling(code: Code, node: ast.AST) -> Variants:
    """i, f, g, o = ...; c = i * g → c = f * g, → c = o * g: one gate for another

    Siblings are the parameters of a function, the names of one unpacking, and the attributes of
    self that one method stores.
    """
    for family in _families(code, node):
        for used in walk(node):
            if (
                isinstance(used, ast.Name | ast.Attribute)
                and isinstance(used.ctx, ast.Load)
                and (here := code.of(used)) in family
            ):
                for other in family:
                    if other != here:
                        yield code.put(used, other)


def _families(code: Code, node: ast.AST) -> Iterator[list[str]]:
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        yield [a.arg for a in node.args.args if a.arg != "self"]
        for target in walk(node):
            if isinstance(target, ast.Tuple) and isinstance(target.ctx, ast.Store):
                yield [e.id for e in target.elts if isinstance(e, ast.Name) and e.id != "_"]
    elif isinstance(node, ast.ClassDef):
        for method in node.body:
            # A constructor stores everything, which makes nothing alike.
            if isinstance(method, ast.FunctionDef) and method.name != "__init__":
                stored = (
                    code.of(a)
                    for a in walk(method)
                    if isinstance(a, ast.Attribute) and isinstance(a.ctx, ast.Store)
                )
                yield list(dict.fromkeys(stored))


def _name(call: ast.Call) -> str:
    """The last part of what is called: `sum` of `a.sum()` and of `np.sum(a)`."""
    func = call.func
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def _renamed(code: Code, call: ast.Call, name: str) -> tuple[Edit, ...]:
    end = code.span(call.func)[1]
    return (Edit(end - len(_name(call)), end, name),)


OPERATORS: Mapping[str, Operator] = {
    "transpose": transpose,
    "axis": axis,
    "exchanged-function": exchanged_function,
    "nonlinearity": nonlinearity,
    "prime": prime,
    "accumulation": accumulation,
    "copy-for-in-place": copy_for_in_place,
    "reversal": reversal,
    "bounds": bounds,
    "index": index,
    "unwrapped-call": unwrapped_call,
    "sibling": sibling,
}
