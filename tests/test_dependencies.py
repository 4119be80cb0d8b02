"""pyproject.toml, requirements.lock, environment.yml and the imports say the same."""

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from course_lib.lessons.days import HOME, notebooks
from tests.notebooks.lessons import code_cells

CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib", "huggingface_hub": "huggingface-hub"}
IMPORT_NAMES = {
    "sklearn": "scikit-learn",
    "PIL": "pillow",
    "jupyter_client": "ipykernel",
    "jupyter_core": "ipykernel",
    "jupyter_server": "jupyterlab",
    "traitlets": "ipykernel",
    "IPython": "ipykernel",
    "huggingface_hub": "huggingface-hub",
}


def requirement(text: str) -> tuple[str, str]:
    """("torch", ">=2.6") of "torch>=2.6"."""
    name, bound = re.fullmatch(r"([A-Za-z0-9_-]+)\s*(.*)", text).groups()
    return name.lower(), bound


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def needs(project) -> dict:
    return dict(map(requirement, project["dependencies"]))


@pytest.fixture(scope="module")
def lock() -> str:
    return (HOME / "requirements.lock").read_text(encoding="utf-8")


def locked(lock: str, name: str) -> list[str]:
    return re.findall(rf"^{name}==([\w.]+)", lock, re.MULTILINE)


def test_conda_asks_for_the_same(needs):
    environment = yaml.safe_load((HOME / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    *by_conda, by_pip = environment["dependencies"]
    conda = dict(map(requirement, by_conda + by_pip["pip"]))
    assert conda.pop("python") == ">=3.11"
    assert conda.pop("-e") == "."  # the course itself
    assert conda.pop("pip") == ""  # only to install what conda-forge may lack
    assert {CONDA_NAMES.get(name, name): bound for name, bound in conda.items()} == needs


def test_every_need_is_locked(needs, lock):
    assert [name for name in needs if not locked(lock, name)] == []


def test_the_lock_has_hashes_and_no_address(lock):
    entries = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry)
    assert "://" not in lock and "index" not in lock and "find-links" not in lock


def test_torch_and_torchvision_are_a_pair(lock):
    """torch 2.k goes with torchvision 0.(k + 15)... as published; the numbers have kept that distance since torch 2.0."""
    (torch,), (torchvision,) = locked(lock, "torch"), locked(lock, "torchvision")
    assert int(torchvision.split(".")[1]) == int(torch.split(".")[1]) + PAIR_DISTANCE


PAIR_DISTANCE = 14  # torch 2.15 and torchvision 0.29; see torchvision's release notes


def imported() -> set[str]:
    """The top names that course_lib and the notebooks import, anywhere in a file."""
    sources = [path.read_text(encoding="utf-8") for path in (HOME / "course_lib").rglob("*.py")]
    sources += [source for path in notebooks() for source in code_cells(path)]
    names = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"course_lib"}


def test_every_import_is_declared(needs, project):
    only_for_bench = {name.replace("-", "_") for name in project["optional-dependencies"]["bench"]}
    assert {IMPORT_NAMES.get(name, name) for name in imported()} - set(needs) - only_for_bench == set()


def without_encoding(source: str) -> list[int]:
    """The lines that read or write text in the encoding of the computer; ruff's PLW1514 sees them only at a bare `Path()`."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if guesses_encoding(call)]


def guesses_encoding(call: ast.Call) -> bool:
    owner, _, name = ast.unparse(call.func).rpartition(".")
    values = [a.value for a in (*call.args, *call.keywords) if isinstance(a, ast.Constant | ast.keyword)]
    if any(keyword.arg in ("encoding", None) for keyword in call.keywords):
        return False
    if name == "open" and owner not in ("Image", "webbrowser"):
        return not any(re.fullmatch("[rwax+]*b[+]?", str(getattr(v, "value", v))) for v in values)
    return (name, len(call.args)) in (("read_text", 0), ("write_text", 1))


def test_no_text_in_the_encoding_of_the_computer():
    """A Korean Windows reads and writes cp949 where none is named, and Python 3.15 UTF-8."""
    files = [
        HOME / "start.py",
        *(f for d in ("course_lib", "tests", "docs/_ext") for f in (HOME / d).rglob("*.py")),
    ]
    found = {str(f.relative_to(HOME)): without_encoding(f.read_text(encoding="utf-8")) for f in files}
    found |= {p.name: [n for source in code_cells(p) for n in without_encoding(source)] for p in notebooks()}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("line, found", [
    ("path.read_text()", True), ("path.read_text(encoding='utf-8')", False),
    ("path.write_text(words)", True), ("path.write_text(words, 'utf-8')", False),
    ("open(name)", True), ("path.open('w')", True), ("path.open('rb')", False), ("Image.open(name)", False),
])  # fmt: skip
def test_the_check_of_encodings(line, found):
    assert bool(without_encoding(line)) is found


def test_the_wheel_carries_what_is_no_python():
    """Weights, their cards, quizzes and the figures' style: each file matches a pattern of the package data."""
    tool = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    package = HOME / "course_lib"
    carried = {
        file for pattern in tool["setuptools"]["package-data"]["course_lib"] for file in package.glob(pattern)
    }
    there = {file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    assert {f for f in there - carried if f.suffix != ".py" and not f.name.startswith(".")} == set()


def test_start_needs_the_standard_library_only():
    tree = ast.parse((HOME / "start.py").read_text(encoding="utf-8"))
    names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)


# The house, from the roof down: a module imports from its own floor or from floors below it.
FLOORS = (
    "command bench training exercises widgets learning measuring words models diffusion plots pictures zoo hub "
    "weights lessons threads checks"
).split()
LONGEST = 250  # lines of a module: one concept fits, two do not


def source_files() -> dict[str, Path]:
    """{name of a module: its file}, "" for the package itself; as Python names them, with dots."""
    files = (HOME / "course_lib").rglob("*.py")
    return {
        ".".join(file.relative_to(HOME / "course_lib").with_suffix("").parts)
        .removesuffix("__init__")
        .strip("."): file
        for file in files
    }


def arrows() -> dict[str, set[str]]:
    """{module: the modules of ours that it imports}, at whatever place in the file."""
    files = source_files()
    found = {}
    for name, file in files.items():
        asked = {
            m.removeprefix("course_lib.")
            for m in modules(file.read_text(encoding="utf-8"))
            if m.startswith("course_lib.")
        }
        # `from a.b import c` names a module c or a thing in module a.b
        found[name] = {m if m in files else m.rpartition(".")[0] for m in asked} - {name, ""}
    return found


def test_the_arrows_run_one_way():
    """Every folder stands on the house's plan and imports only what lies below it."""
    for name, asked in arrows().items():
        folder = name.split(".")[0]
        if folder in ("", "__main__"):
            continue
        assert folder in FLOORS, f"{name}: give the new folder its floor in this test"
        for other in {module.split(".")[0] for module in asked} - {folder}:
            assert FLOORS.index(folder) < FLOORS.index(other), (
                f"{name} imports {other}, which stands above it"
            )


def test_plots_know_no_models():
    asked = {m.split(".")[0] for name, found in arrows().items() if name.startswith("plots") for m in found}
    assert asked <= {"plots", "pictures", "checks"}


def test_no_modules_import_each_other_in_a_circle():
    faces = {
        name for name, file in source_files().items() if file.name == "__init__.py"
    }  # they only hand names on
    graph = {name: found - faces for name, found in arrows().items() if name not in faces}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_a_module_holds_one_concept():
    lines = {
        name: len(file.read_text(encoding="utf-8").splitlines()) for name, file in source_files().items()
    }
    assert {name: n for name, n in lines.items() if n > LONGEST} == {}


def modules(source: str) -> list[str]:
    """Every module a source imports, however it is written."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module or ''}.{alias.name}" for alias in node.names]
    return found


IMPORT_ALL = """
import importlib, pkgutil, sys
import course_lib.command.cli
light = "torch" not in sys.modules and "matplotlib" not in sys.modules
import course_lib.zoo
light = light and "torch" not in sys.modules
import torch, torchvision, transformers, diffusers, matplotlib.pyplot, accelerate, sklearn, safetensors.torch, torchmetrics
touched = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        touched.append(str(arguments[0]))
    if event in ("socket.connect", "subprocess.Popen", "os.mkdir"):
        touched.append(event)
sys.dont_write_bytecode = True
sys.addaudithook(watch)
for module in pkgutil.walk_packages(course_lib.__path__, "course_lib."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(light, touched)
"""


def test_importing_writes_nothing_and_the_command_line_is_light():
    """`course --help` waits for no torch; importing any module opens nothing for writing and prints nothing."""
    told = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True, cwd=HOME
    )
    assert told.stdout == "True []\n"
