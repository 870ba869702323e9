"""Prebuilt plugins: the same bytes each time, for the machine they name, on old C libraries, and they run."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile

import zoo
from exporters.c import ExportError
from exporters.c.names import default_name
from exporters.hosts import prebuilt
from exporters.hosts.engine import best_engine
from exporters.hosts.host import Wrapped
from exporters.hosts.prebuilt import MACHINES, export_prebuilt
from tests.exporters.hosts import csound_host, pd_host, supercollider_host
from tests.exporters.hosts.expected import expected_outputs
from tests.exporters.hosts.hosts import needs
from tests.tiny import drums
from zoo.cache import cache_folder
from zoo.hub.release import HOW_BUILT

ROOT = Path(__file__).parents[3]
MODEL = "bela/onset-gates"
# What plugins may import: nothing that allocates, locks, reads or prints. Pd's objects need memory once.
PURE = {"cos", "sin", "lrintf", "memcpy", "memmove", "memset", "strcmp", "strlen"}
PD = {"malloc", "free", "gensym", "s_list", "s_signal", "sys_getsr", "atom_getfloat", "dsp_add"}
PD |= {"pd_new", "pd_error", "clock_new", "clock_free", "clock_delay"}
PD |= {
    f"class_{name}" for name in ("new", "domainsignalin", "addmethod", "addbang", "addlist", "addanything")
}
PD |= {f"outlet_{name}" for name in ("new", "bang", "float", "list", "anything")}
HOSTS = {
    "pd": (pd_host, "pd", "puredata-core"),
    "csound": (csound_host, "csound", "csound"),
    "supercollider": (supercollider_host, "scsynth", "supercollider-server"),
}
ELF = {"x86-64": "EM_X86_64", "armv7": "EM_ARM", "aarch64": "EM_AARCH64"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The headers of all three hosts under one root."""
    needs("/usr/include/pd/m_pd.h", "puredata-dev")
    needs("/usr/include/csound/csdl.h", "libcsound64-dev")
    unpacked = ROOT / "build" / "supercollider" / "usr" / "include" / "SuperCollider"
    needs(str(unpacked), "supercollider-dev: run scripts/install_hosts.sh")
    root = tmp_path_factory.mktemp("headers")
    (root / "usr" / "include").mkdir(parents=True)
    for name in ("pd", "csound"):
        (root / "usr" / "include" / name).symlink_to(f"/usr/include/{name}")
    (root / "usr" / "include" / "SuperCollider").symlink_to(unpacked)
    return root


@pytest.fixture(scope="module")
def built(headers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every plugin for every machine."""
    folder = tmp_path_factory.mktemp("prebuilt")
    model = zoo.load(MODEL)
    export_prebuilt(model, folder, headers=headers)
    return folder


def binaries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in (".so", ".pd_linux"))


def test_they_are_for_their_machine_and_old_c_libraries(built: Path) -> None:
    found = binaries(built)
    assert len(found) == 3 * 4
    for path in found:
        with path.open("rb") as file:
            elf = ELFFile(file)
            machine = path.relative_to(built).parts[0]
            assert elf["e_machine"] == ELF[machine]
            if machine == "armv7":
                attributes = elf.get_section_by_name(".ARM.attributes")
                tags = {a.tag: a.value for a in attributes.subsections[0].subsubsections[0].iter_attributes()}
                assert tags["TAG_ABI_VFP_ARGS"] == 1  # hard float
            needed = {tag.needed for tag in elf.get_section_by_name(".dynamic").iter_tags("DT_NEEDED")}
            assert needed <= {"libc.so.6", "libm.so.6"}
            versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", elf.get_section_by_name(".dynstr").data())
            assert versions
            assert max((int(a), int(b)) for a, b in versions) <= (2, 24)
            symbols = list(elf.get_section_by_name(".dynsym").iter_symbols())
            assert not {"set_fast_math", "__cxa_throw"} & {symbol.name for symbol in symbols}
            asked = {symbol.name for symbol in symbols if symbol["st_shndx"] == "SHN_UNDEF"}
            assert asked - PURE <= {""} | (PD if path.suffix == ".pd_linux" else set()), path.name


def test_the_same_bytes_on_another_path(built: Path, headers: Path, tmp_path: Path) -> None:
    """With a cache of its own, so that nothing is taken from the first build but the compiler's libraries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZIG_GLOBAL_CACHE_DIR", str(cache_folder() / "zig"))
        patch.setenv("ZIG_LOCAL_CACHE_DIR", str(tmp_path / "zig"))
        patch.setenv("ZOO_CACHE", str(tmp_path / "a longer path, with spaces"))
        patch.setattr(prebuilt, "MACHINES", tuple(m for m in MACHINES if m.name == "armv7"))
        found = export_prebuilt(zoo.load(MODEL), tmp_path / "again", headers=headers)
        assert str(tmp_path) in os.environ["ZOO_CACHE"]
    assert len(found) == 4
    told = [path.with_name(HOW_BUILT) for path in found]
    for path in [*found, *told]:
        assert path.read_bytes() == (built / path.relative_to(tmp_path / "again")).read_bytes(), path.name


@pytest.mark.parametrize("host", HOSTS)
def test_they_run_in_the_hosts_of_this_machine(host: str, built: Path) -> None:
    module, program, packages = HOSTS[host]
    needs(program, packages)
    if os.uname().machine != "x86_64":
        pytest.skip("the hosts here are for another processor than x86-64")
    model = zoo.load(MODEL)
    samples = drums(3.0, 3, model.rate)
    wrapped = Wrapped(model, default_name(MODEL), best_engine(model))
    run = module.run_signals
    sound = (samples / 32_768).astype(np.float32)
    for instance in run(built / "x86-64" / host, wrapped, sound, model.rate, 64):
        for found, expected in zip(instance, expected_outputs(model, samples), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_missing_header_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no m_pd.h. Install Debian's puredata-dev"):
        export_prebuilt(zoo.load(MODEL), tmp_path, ("pd",), tmp_path)
