"""The wheel: exactly our packages and their data, and it works where there is no checkout."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_string
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"zoo", "tasks", "exporters", "bench", "hub", "leaderboard", "explorer"}
MODEL = "bela/onset-gates"
MODEL_FILES = {"model.safetensors", "config.json", "golden.safetensors", "README.md", "manifest.json"}

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def tracked() -> set[str]:
    listed = run("git", "ls-files", cwd=ROOT).splitlines()
    return {name for name in listed if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the tracked files alone: what lies about in a checkout must not matter."""
    work = tmp_path_factory.mktemp("wheel")
    for name in tracked():
        target = work / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    command = ("-m", "build", "--wheel", "--no-isolation", "--outdir", work / "dist", work / "source")
    run(sys.executable, *command, cwd=work)
    (built,) = (work / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def test_top_level_names_are_exactly_the_six_packages(contents: set[str]) -> None:
    tops = {PurePosixPath(name).parts[0] for name in contents}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES
    assert len(tops) == len(PACKAGES) + 1


def test_every_file_of_a_package_ships_but_the_benchmarks_and_nothing_else(contents: set[str]) -> None:
    shipped = {name for name in contents if ".dist-info/" not in name}
    ours = {name for name in tracked() if PurePosixPath(name).parts[0] in PACKAGES}
    assert shipped == {name for name in ours if not name.startswith("bench/benchmarks/")}


def test_the_bundled_model_is_whole_and_licences_travel(contents: set[str]) -> None:
    folder = f"zoo/models/{MODEL}/"
    assert {name.removeprefix(folder) for name in contents if name.startswith(folder)} >= MODEL_FILES
    assert {Path(name).name for name in contents if "/licenses/" in name} == {"LICENSE", "LICENSES.md"}


def test_recordings_never_ship_without_their_licence(contents: set[str]) -> None:
    files = {PurePosixPath(name) for name in contents}
    audio = {name for name in files if name.suffix in {".wav", ".flac", ".ogg"}}
    licensed = {name.parent for name in files if "licen" in name.name.lower()}
    assert audio, "the test sets that published numbers rest on ship with the package"
    assert [str(name) for name in audio if not licensed & set(name.parents)] == []


def test_the_metadata_names_the_licence_of_every_recording(wheel: Path) -> None:
    from tasks.data.registry import DATASETS
    from tasks.data.testset import shipped_sets

    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_string(archive.read(name).decode())
    named = {part.removeprefix("LicenseRef-") for part in metadata["License-Expression"].split(" AND ")}
    digits = "CC-BY-SA-3.0"  # bench/nets/README.md
    sets = [clips for one in DATASETS.values() for clips in shipped_sets(one.shipped_root).values()]
    heard = {licence for clips in sets for clip in clips for licence in clip["licence"].split(" AND ")}
    assert named == {"MIT", digits} | heard


def test_torch_is_asked_for_by_training_alone_and_pinned(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_string(archive.read(name).decode())
    torch = [line for line in metadata.get_all("Requires-Dist", []) if line.startswith("torch")]
    assert torch == ['torch==2.13.0; extra == "train"']
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()


def test_a_model_loads_from_the_wheel_in_a_clean_environment_elsewhere(wheel: Path, tmp_path: Path) -> None:
    venv, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=elsewhere)
    python = venv / "bin" / "python"
    install = ("install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", python, *install, wheel, cwd=elsewhere)
    # The third-party packages are lent by this environment; a path in a .pth file lends no editable install.
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")

    code = (
        f"import sys, zoo; model = zoo.load({MODEL!r}); print(zoo.__file__); print(model.circuit.digest());"
        "assert 'torch' not in sys.modules, 'loading a model needs no torch'"
    )
    where, digest = run(python, "-c", code, cwd=elsewhere).splitlines()[-2:]
    assert Path(where).is_relative_to(site)

    import zoo

    assert digest == zoo.load(MODEL).circuit.digest()
    assert MODEL in run(venv / "bin" / "zoo", "list", cwd=elsewhere)
