"""Classes made up to try `grader similarity` on: who works alone, and copies that are disguised.

`python tests/similarity_class.py` prints how well copies are found and how often others are.
"""

from __future__ import annotations

import ast
import builtins
import copy
import random
from collections.abc import Iterator
from pathlib import Path

from grader.similarity import alike, code
from grader.similarity.alike import Compared, Text

ROOT = Path(__file__).resolve().parent.parent
SLUGS = ("rnn_unit", "rnn_bptt", "lstm", "recursive_node", "gradient_clipping")
_WORDS = ("tmp", "res", "val", "out", "cur", "buf", "acc", "q", "r", "s", "mat", "vec", "delta")
_FIXED = frozenset(dir(builtins)) | {"np", "self"}
_FREE = (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)
_INNER = (ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.IfExp, ast.BoolOp)


def own(slug: str) -> list[str]:
    """The course's own sources: the reference and all that is accepted."""
    folder = ROOT / "solutions" / slug
    paths = [folder / f"{slug}.py", *sorted((folder / "accepted").glob("*.py"))]
    return [path.read_text(encoding="utf-8") for path in paths]


def stub(slug: str) -> str:
    return (ROOT / "assignments" / slug / f"{slug}.py").read_text(encoding="utf-8")


def sample(slug: str) -> dict[str, str]:
    """The sample class's last attempts, by student, of those that parse and are no stub."""
    found = {}
    for path in sorted((ROOT / "examples" / "class").glob(f"*/{slug}/**/*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        if len(text) > 700:
            found[path.relative_to(ROOT / "examples" / "class").parts[0]] = text
    return found


def honest(source: str, rng: random.Random) -> str:
    """The same worked out by somebody else: much is written in another way."""
    tree = _Another(rng, rng.uniform(0.25, 0.75), 1).visit(ast.parse(source))
    return _text(_renamed(_reordered(tree, rng) if rng.random() < 0.5 else tree, rng))


def disguised(source: str, rng: random.Random) -> str:
    """A copy with other names, methods in another order, other layout and no comments."""
    return _text(_reordered(_renamed(ast.parse(source), rng), rng))


def rewritten(source: str, rng: random.Random, share: float = 0.3) -> str:
    """A disguised copy, of which that share of the statements is put otherwise as far as can be."""
    return disguised(_text(_Another(rng, 0.9, share).visit(ast.parse(source))), rng)


def compared(slug: str, sources: dict[str, str]) -> Compared:
    """`sources` by student, compared as the command does."""
    texts = [Text(who, f"{slug}.py", text, code.read(text)) for who, text in sources.items()]
    return alike.compare(texts, map(code.read, [stub(slug), *own(slug)]))


def pairs(found: Compared) -> list[tuple[str, ...]]:
    return [tuple(side.student for side in pair.sides) for pair in found.pairs]


class _Another(ast.NodeTransformer):
    """Statements, some share of them, in other words: each thing with some chance."""

    def __init__(self, rng: random.Random, chance: float, share: float) -> None:
        self.rng, self.chance, self.share = rng, chance, share
        self.product = rng.choice(["@", "np.dot", ".dot"])
        self.parts = 0
        self.on = False

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name, value in ast.iter_fields(node):
            if name in ("body", "orelse") and isinstance(value, list):
                setattr(node, name, self._swapped([s for old in value for s in self._put(old)]))
            elif isinstance(value, list):
                kept = [self.visit(x) if isinstance(x, ast.AST) else x for x in value]
                setattr(node, name, kept)
            elif isinstance(value, ast.AST):
                setattr(node, name, self.visit(value))
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not self._now():
            return node
        a, b = node.left, node.right
        match node.op:
            case ast.MatMult() if self.product == "np.dot":
                return ast.Call(ast.Attribute(ast.Name("np"), "dot"), [a, b], [])
            case ast.MatMult() if self.product == ".dot":
                return ast.Call(ast.Attribute(a, "dot"), [b], [])
            case ast.Add() | ast.Mult():
                return ast.BinOp(b, node.op, a)
            case ast.Pow():
                return ast.BinOp(a, ast.Mult(), copy.deepcopy(a))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(
                ast.Attribute(ast.Name("np"), "sum" | "dot" | "reshape" as name), [x, *_]
            ):
                if self._now():
                    return ast.Call(ast.Attribute(x, name), node.args[1:], node.keywords)
        return node

    def _now(self) -> bool:
        return self.on and self.rng.random() < self.chance

    def _put(self, node: ast.stmt) -> Iterator[ast.stmt]:
        if not isinstance(node, _FREE):
            yield self.visit(node)
            return
        self.on = self.rng.random() < self.share
        node = self.visit(node)
        if isinstance(node, ast.Assign | ast.Return) and node.value and self._now():
            yield from self._apart(node)
        yield node
        match node:
            case ast.Assign([ast.Name(name)]) if self._now() and self.rng.random() < 0.2:
                yield ast.parse(
                    self.rng.choice(["print({})", "assert {} is not None"]).format(name)
                )
        self.on = False

    def _apart(self, node: ast.Assign | ast.Return) -> Iterator[ast.stmt]:
        """A part of an expression gets a name of its own."""
        value = node.value
        assert value is not None
        inner = [
            n for n in ast.walk(value) if isinstance(n, ast.BinOp | ast.Call) and n is not value
        ]
        if inner and not any(isinstance(n, _INNER) for n in ast.walk(value)):
            part = self.rng.choice(inner)
            self.parts += 1
            name = f"part{self.parts}"
            yield ast.Assign([ast.Name(name)], copy.deepcopy(part))
            node.value = _Put(part, ast.Name(name)).visit(value)

    def _swapped(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Neighbours change places if neither uses what the other makes."""
        for k in range(len(body) - 1):
            a, b = body[k : k + 2]
            if _is_plain(a) and _is_plain(b) and not (_made(a) & _used(b) or _made(b) & _used(a)):
                self.on = self.rng.random() < self.share
                if self._now():
                    body[k], body[k + 1] = b, a
        return body


class _Put(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _renamed(tree: ast.Module, rng: random.Random) -> ast.Module:
    """Other names for what functions define for themselves."""
    for f in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        if any(isinstance(n, ast.FunctionDef | ast.Lambda) for n in ast.walk(f) if n is not f):
            continue
        given = {a.arg for a in ast.walk(f.args) if isinstance(a, ast.arg)}
        names = [n for n in ast.walk(f) if isinstance(n, ast.Name)]
        mine = (
            {n.id for n in names if isinstance(getattr(n, "ctx", None), ast.Store)} - given - _FIXED
        )
        new = {name: f"{rng.choice(_WORDS)}_{k}" for k, name in enumerate(sorted(mine))}
        for n in names:
            n.id = new.get(n.id, n.id)
    return tree


def _reordered(tree: ast.Module, rng: random.Random) -> ast.Module:
    """The methods of each class in another order."""
    for c in [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]:
        places = [k for k, n in enumerate(c.body) if isinstance(n, ast.FunctionDef)]
        methods = [c.body[k] for k in places]
        rng.shuffle(methods)
        for k, method in zip(places, methods, strict=True):
            c.body[k] = method
    return tree


def _is_plain(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and not any(isinstance(n, ast.Call) for n in ast.walk(node))


def _made(node: ast.stmt) -> set[str]:
    assert isinstance(node, ast.Assign)
    return {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}


def _used(node: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _text(tree: ast.Module) -> str:
    return ast.unparse(ast.fix_missing_locations(tree))


def measure(seeds: int) -> Iterator[str]:
    """A line for each exercise: copies planted in the sample class, one of each kind at a time."""
    for slug in SLUGS:
        alone = sample(slug)
        without = compared(slug, alone)
        found = {"disguised": 0, "rewritten": 0}
        first = others = 0
        for seed in range(seeds):
            rng = random.Random(seed)
            a, b = rng.sample(sorted(set(alone) - set(without.short)), 2)
            copies = {f"x-{a}": disguised(alone[a], rng), f"x-{b}": rewritten(alone[b], rng)}
            listed = pairs(compared(slug, alone | copies))
            found["disguised"] += (a, f"x-{a}") in listed
            found["rewritten"] += (b, f"x-{b}") in listed
            first += bool(listed) and listed[0][1] in copies
            others += len([pair for pair in listed if pair[1] not in copies])
        yield (
            f"{slug:18} {len(alone)} students, nearest {without.usual:.2f}, "
            f"{len(without.pairs)} listed; {found['disguised']}/{seeds} disguised, "
            f"{found['rewritten']}/{seeds} rewritten found; {first} first; {others} others"
        )


def noise(size: int, seeds: int) -> str:
    """How often something stands out where each works out a solution of the course alone."""
    classes = pairs_listed = 0
    for slug in SLUGS:
        bases = own(slug)
        for seed in range(seeds):
            rng = random.Random(seed)
            sources = {f"s{k:03}": honest(rng.choice(bases), rng) for k in range(size)}
            listed = len(compared(slug, sources).pairs)
            classes += listed > 0
            pairs_listed += listed
    return (
        f"{len(SLUGS) * seeds} classes of {size}: {pairs_listed} pairs listed, in {classes} of them"
    )


if __name__ == "__main__":
    for line in measure(10):
        print(line, flush=True)
    print(noise(30, 12), flush=True)
