"""Draw faults from the modules of modules.tsv with a fixed seed, and write them to faults.tsv.

    python -m tests.planted_faults.draw

Each changes one line of a function: a comparison is reversed, a condition is negated, a constant
is changed, or a call is left out. Faults in equivalent.tsv, which no test can notice, are not drawn.
"""

import ast
import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
SEED = 22
OF_EACH_AREA = 10
TURNED: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: (" < ", " >= "),
    ast.LtE: (" <= ", " < "),
    ast.Gt: (" > ", " >= "),
    ast.GtE: (" >= ", " < "),
    ast.Eq: (" == ", " != "),
    ast.NotEq: (" != ", " == "),
    ast.Is: (" is ", " is not "),
    ast.IsNot: (" is not ", " is "),
    ast.In: (" in ", " not in "),
    ast.NotIn: (" not in ", " in "),  # codespell:ignore notin
}
NEVER_DRAWN = ("assert ", "raise ", "log.", "_log.", "logger.")  # only readers would notice


def faults_of(source: str) -> Iterator[tuple[str, str]]:
    """Yield each line that a fault changes, and the changed line, both without indentation."""
    lines = source.splitlines()
    bare = [line.strip() for line in lines]
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for statement in function.body:
            for node in ast.walk(statement):
                for begins, ends, planted in _changes(node, lines):
                    line = lines[node.lineno - 1]  # type: ignore[attr-defined]  # only these are changed
                    stripped = line.strip()
                    if bare.count(stripped) == 1 and not stripped.startswith(NEVER_DRAWN):
                        yield stripped, (line[:begins] + planted + line[ends:]).strip()


def _changes(node: ast.AST, lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Yield where a node's line is changed, and the replacement."""
    if not isinstance(node, ast.expr | ast.stmt) or node.lineno != node.end_lineno:
        return
    line = lines[node.lineno - 1]
    ends = node.end_col_offset or 0
    match node:
        case ast.Compare(left, [operator], [right]):
            said, planted = TURNED[type(operator)]
            begins, until = left.end_col_offset or 0, right.col_offset
            if line[begins:until] == said:
                yield begins, until, planted
        case ast.If(test) | ast.IfExp(test) if not isinstance(test, ast.Compare):
            yield from _negated(test, line)
        case ast.UnaryOp(ast.Not(), operand):
            yield node.col_offset, operand.col_offset, ""
        case ast.Constant(int() as value):
            yield node.col_offset, ends, str(not value if isinstance(value, bool) else value + 1)
        case ast.Expr(ast.Call()):
            yield node.col_offset, ends, "pass"


def _negated(test: ast.expr, line: str) -> Iterator[tuple[int, int, str]]:
    if test.lineno == test.end_lineno and not isinstance(test, ast.UnaryOp):
        ends = test.end_col_offset or 0
        yield test.col_offset, ends, f"not ({line[test.col_offset : ends]})"


def read(name: str) -> list[list[str]]:
    """Return the lines of a list next to this file."""
    with (HERE / name).open(encoding="utf-8") as lines:
        return list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def draw() -> Iterator[list[str]]:
    """Return ten faults of each area: area, file, line, replacement, and the tests to run."""
    by_area: dict[str, list[list[str]]] = {}
    for area, *module in read("modules.tsv"):
        by_area.setdefault(area, []).append(module)
    left_out = {(file, planted) for file, planted, _ in read("equivalent.tsv")}
    for area, modules in by_area.items():
        chance = random.Random(f"{SEED} {area}")  # noqa: S311  (the same draw each time)
        choices: list[Any] = []
        for file, tests in modules:
            found = list(faults_of((ROOT / file).read_text(encoding="utf-8")))
            chance.shuffle(found)
            choices.append([(file, *fault, tests) for fault in found])
        drawn = 0
        while drawn < OF_EACH_AREA:
            file, line, planted, tests = chance.choice([one for one in choices if one]).pop()
            if (file, planted) not in left_out:
                drawn += 1
                yield [area, file, line, planted, tests]


if __name__ == "__main__":
    (HERE / "faults.tsv").write_text(
        "".join("\t".join(fault) + "\n" for fault in draw()), encoding="utf-8"
    )
