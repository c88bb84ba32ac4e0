"""Every small fault that is put into a module, each by itself.

Left alone: annotations and decorators, which say nothing about one call; docstrings; sentences for people, that is,
every text that holds a blank; and `__all__`, which only says what a reader may use. Everything else is changed
wherever a change compiles.
"""

import ast
import copy
from collections.abc import Iterator
from enum import EnumType
from typing import Any, NamedTuple

_UNREAD = frozenset({"annotation", "returns", "decorator_list"})
_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Fault(NamedTuple):
    """One fault: its place in words that outlive other lines, its line today, and how to put it in."""

    name: str
    line: int
    inside: bool
    """Whether it lies in the body of a function, and so shows only when that is called."""
    parent: ast.AST
    field: str
    index: int | None
    right: ast.AST
    wrong: ast.AST

    def compiled(self, tree: ast.Module, path: str) -> Any:
        """Return the module's code with this fault; the tree stays as it was."""
        self._put(self.wrong)
        try:
            return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
        finally:
            self._put(self.right)

    def _put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def faults(tree: ast.Module, known: dict[str, Any]) -> list[Fault]:
    """Return every fault of a module; `known` holds its names, so that members of enums can be told."""
    found, times = [], {}
    for place, inside, parent, field, index, right, wrong, words in _walk(tree, "", known, inside=False):
        name = f"{place}: {words}"
        times[name] = times.get(name, 0) + 1
        numbered = name if times[name] == 1 else f"{name} #{times[name]}"
        found.append(
            Fault(numbered, right.lineno, inside, parent, field, index, right, ast.copy_location(wrong, right))
        )
    return found


def _walk(node: ast.AST, place: str, known: dict[str, Any], *, inside: bool) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        place = f"{place}.{node.name}".lstrip(".")
    for field, value in ast.iter_fields(node):
        if field in _UNREAD:
            continue
        within = inside or (isinstance(node, ast.FunctionDef) and field == "body")
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.AST) and not _told(child) and not _face(child):
                for wrong, words in _alternatives(child, node, field, known):
                    told = words or f"{ast.unparse(child)} -> {ast.unparse(wrong)}"
                    yield place or "module", within, node, field, index, child, wrong, told
                yield from _walk(child, place, known, inside=within)


def _told(node: ast.AST) -> bool:
    """Tell whether it is a docstring or a sentence for people."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return any(isinstance(p, ast.Constant) and isinstance(p.value, str) and " " in p.value for p in parts)


def _face(node: ast.AST) -> bool:
    """Tell whether it is the list of names that a module offers."""
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def _alternatives(node: ast.AST, parent: ast.AST, field: str, known: dict[str, Any]) -> Iterator[tuple[ast.AST, str]]:
    if field in {"test", "ifs"} and not isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node), ""
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                for other in _COMPARED[type(op)]:
                    yield _but(node, ops=[*ops[:place], other(), *ops[place + 1 :]]), ""
        case ast.BoolOp(op=op, values=values):
            yield _but(node, op=ast.Or() if isinstance(op, ast.And) else ast.And()), ""
            for place, gone in enumerate(values):
                rest = [*values[:place], *values[place + 1 :]]
                kept = rest[0] if len(rest) == 1 else _but(node, values=rest)
                yield kept, f"{ast.unparse(node)} without {ast.unparse(gone)}"
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand, ""
        case ast.BinOp() | ast.AugAssign() if type(node.op) in _COMPUTED:
            yield _but(node, op=_COMPUTED[type(node.op)]()), ""
        case ast.Constant(value=value):
            yield from ((ast.Constant(other), "") for other in _other(value))
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            yield _but(node, func=ast.Name(_CALLED[name], ast.Load())), ""
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if isinstance(known.get(name), EnumType):
            members = list(known[name].__members__)
            if attr in members:
                yield _but(node, attr=members[(members.index(attr) + 1) % len(members)]), ""
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set() if not _shape(parent, field):
            for place, gone in enumerate(node.elts):
                yield (
                    _but(node, elts=[*node.elts[:place], *node.elts[place + 1 :]]),
                    f"without {ast.unparse(gone)} of {ast.unparse(node)}",
                )
        case ast.Dict(keys=keys, values=values):
            for place, gone in enumerate(keys):
                fewer = {n: [*x[:place], *x[place + 1 :]] for n, x in (("keys", keys), ("values", values))}
                yield _but(node, **fewer), f"without {ast.unparse(gone or values[place])} of a dict"
    yield from _statements(node)


def _shape(parent: ast.AST, field: str) -> bool:
    """Tell whether a row of values is taken apart again at once, so that one less could only ever raise."""
    unpacked = isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Tuple)
    return unpacked or field in {"slice", "elt"} or isinstance(parent, ast.Yield | ast.Return)


def _statements(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    match node:
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Return(value=None):
            yield ast.Pass(), ""
        case ast.Return(value=value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None)), ""
        case ast.Continue():
            yield ast.Break(), ""
            yield ast.Pass(), ""


def _other(value: Any) -> tuple[Any, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (value + 1,)
    return (f"{value}X",) if isinstance(value, str) else ()


def _but(node: Any, **changes: Any) -> Any:
    """Return a node with something changed."""
    other = copy.copy(node)
    for field, value in changes.items():
        setattr(other, field, value)
    return other
