"""The source as data: every module of every room with what it imports, the names it uses and what it calls."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("bot", "console", "purchasing", "punchout", "storage", "sandbox")


@dataclass(frozen=True)
class Module:
    """A file of ours. `imports` holds everything it imports anywhere, `needs` what it imports to be loaded at all."""

    name: str
    lines: int
    imports: frozenset[str]
    needs: frozenset[str]
    names: frozenset[str]
    calls: frozenset[str]

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    def of(self, package: str) -> bool:
        return within(self.name, package)


Modules = Mapping[str, Module]


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def read_house(root: Path) -> Modules:
    """Every module of every room under this folder."""
    files = {_name(path.relative_to(root)): path for room in ROOMS for path in (root / room).rglob("*.py")}
    return {name: _read(name, path, files) for name, path in files.items()}


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _read(name: str, path: Path, files: Mapping[str, Path]) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    every = frozenset(target for node in ast.walk(tree) for target in _targets(node, package, files))
    first = frozenset(target for node in _at_load(tree) for target in _targets(node, package, files))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    called = {_callee(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return Module(name, text.count("\n"), every - {name}, first - {name}, frozenset(used), frozenset(called))


def _at_load(tree: ast.AST) -> Iterator[ast.AST]:
    """The statements that run when a module is loaded: not inside functions, not for type checkers only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _at_load(node)


def _targets(node: ast.AST, package: str, files: Mapping[str, Path]) -> Iterator[str]:
    """What an import names: `from a import b` is a.b where that is a file of ours, else a."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*parts, *([node.module] if node.module else [])])
        submodules = {f"{base}.{alias.name}" for alias in node.names} & set(files)
        yield from submodules
        if len(submodules) < len(node.names):
            yield base


def _callee(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
