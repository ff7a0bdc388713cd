"""The BLAS: when a kernel is named and when not, what NumPy's library tells, how many cores there are."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn import blas

BASE = "fpu sse2 lm avx avx2 fma"
AVX512 = f"{BASE} avx512f avx512dq avx512cd avx512bw avx512vl"


def cpuinfo(vendor: str, family: int, model: int, flags: str) -> str:
    one = f"vendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: {model}\nmodel name\t: X\nflags\t\t: {flags}\n"
    return "".join(f"processor\t: {number}\n{one}\n" for number in range(2))


ZEN_4 = cpuinfo("AuthenticAMD", 0x19, 0x61, AVX512)
ZEN_5 = cpuinfo("AuthenticAMD", 0x1A, 0x44, AVX512)
ARM = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd sve\nCPU implementer\t: 0x41\n\n"


@pytest.mark.parametrize(
    "text",
    [ZEN_5, cpuinfo("GenuineIntel", 6, 0x66, AVX512), cpuinfo("GenuineIntel", 19, 1, AVX512)],
    ids=["Zen 5", "Cannon Lake", "Intel family 19"],
)
def test_a_processor_that_openblas_misjudges_gets_the_avx512_kernel(text: str) -> None:
    environ: dict[str, str] = {}
    choice = blas.choose_kernel(environ, text, imported=())
    assert choice.kernel == "SKYLAKEX"
    assert environ == {"OPENBLAS_CORETYPE": "SKYLAKEX"}


@pytest.mark.parametrize(
    "text",
    [
        ZEN_4,
        cpuinfo("GenuineIntel", 6, 0x55, AVX512),
        cpuinfo("GenuineIntel", 6, 0x97, BASE),
        cpuinfo("AuthenticAMD", 0x1A, 0x44, BASE),
        cpuinfo("AuthenticAMD", 0x1A, 0x44, AVX512.replace("avx512vl", "")),
        cpuinfo("AuthenticAMD", 0x1A, 0x44, AVX512.replace("lm", "")),
        cpuinfo("SomeoneElse!", 0x1A, 0x44, AVX512),
        ARM,
        "",
    ],
    ids=["Zen 4", "Skylake-X", "Alder Lake", "masked", "no VL", "32 bit", "unknown vendor", "ARM", "no /proc"],
)
def test_no_kernel_is_set_if_it_is_not_needed_or_the_processor_is_unknown(text: str) -> None:
    environ: dict[str, str] = {}
    choice = blas.choose_kernel(environ, text, imported=())
    assert choice.kernel is None
    assert environ == {}
    assert choice.reason


@pytest.mark.parametrize("value", ["HASWELL", "SKYLAKEX", ""])
def test_what_the_user_set_is_left_alone(value: str) -> None:
    environ = {"OPENBLAS_CORETYPE": value}
    assert blas.choose_kernel(environ, ZEN_5, imported=()).kernel is None
    assert environ == {"OPENBLAS_CORETYPE": value}


def test_after_the_import_of_numpy_no_kernel_is_set_and_the_remedy_is_named() -> None:
    environ: dict[str, str] = {}
    choice = blas.choose_kernel(environ, ZEN_5, imported={"numpy"})
    assert choice.kernel is None
    assert environ == {}
    assert "too late" in choice.reason
    assert "OPENBLAS_CORETYPE=SKYLAKEX" in choice.remedy


def test_the_choice_of_this_process_is_made_once() -> None:
    assert blas.choose_kernel() is blas.choose_kernel()


def test_only_the_first_processors_paragraph_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(ZEN_5 + ZEN_4)
    assert blas.read_cpuinfo(path) == ZEN_5.partition("\n\n")[0] + "\n"
    assert blas.parse_processor(blas.read_cpuinfo(path)) == blas.parse_processor(ZEN_5)
    assert blas.read_cpuinfo(tmp_path / "absent") == ""


def fresh(code: str) -> str:
    """What a new interpreter prints, with no kernel named in its environment."""
    environ = {name: value for name, value in os.environ.items() if name != blas.KERNEL_VARIABLE}
    command = [sys.executable, "-W", "error", "-c", f"from charrnn import blas\n{code}"]
    environ["PYTHONPATH"] = str(Path(blas.__file__).parents[1])  # the same charrnn as here, installed or not
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_choice_is_made_without_loading_numpy() -> None:
    loaded = fresh("import sys; blas.choose_kernel(); print({'numpy', 'threadpoolctl', 'typer'} & set(sys.modules))")
    assert loaded == "set()"


def test_numpy_uses_the_kernel_that_was_set() -> None:
    processor = blas.parse_processor(blas.read_cpuinfo())
    if processor is None or not processor.avx512 or blas.blas_info().library != "openblas":
        pytest.skip("needs a processor with AVX-512 and OpenBLAS")
    told = "print(blas.blas_info().architecture)"
    if fresh(f"import os; os.environ['OPENBLAS_CORETYPE'] = 'PRESCOTT'; {told}") == "SkylakeX":
        pytest.skip("this OpenBLAS was built for one kernel")
    code = f"import os; blas.choose_kernel(os.environ, {ZEN_5!r}); {told}"
    assert fresh(code) == "SkylakeX"


@pytest.mark.parametrize(
    ("library", "architecture", "expected"),
    [
        ("openblas", "SkylakeX", True),
        ("openblas", "Cooperlake", True),
        ("openblas", "SapphireRapids", True),
        ("openblas", "Haswell", False),
        ("openblas", "Zen", False),
        ("openblas", "", False),
        ("mkl", "SkylakeX", False),
    ],
)
def test_small_matrix_kernels_are_openblas_with_avx512(library: str, architecture: str, expected: bool) -> None:
    assert blas.has_small_matrix_kernel(blas.BlasInfo(library, "1", architecture, 1)) is expected


def test_threads_are_limited_inside_and_restored_outside_even_by_an_error() -> None:
    before = blas.blas_info()
    if before.threads is None:
        pytest.skip("the library does not tell its threads")
    with blas.limit_threads(2):
        two = blas.blas_info().threads
        with contextlib.suppress(KeyError), blas.single_threaded():
            assert blas.blas_info().threads == 1
            raise KeyError
        assert blas.blas_info().threads == two
    assert blas.blas_info() == before


def machine(root: Path, siblings: list[str], cgroup: str = "", files: dict[str, str] | None = None) -> Path:
    """A made-up sys/ and proc/ under `root`."""
    texts = {f"sys/devices/system/cpu/cpu{i}/topology/thread_siblings_list": s for i, s in enumerate(siblings)}
    for name, text in {**texts, "proc/self/cgroup": cgroup, **(files or {})}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")
    return root


def test_hyper_threads_of_one_core_count_once(tmp_path: Path) -> None:
    root = machine(tmp_path, ["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6", "3,7"])
    assert blas.physical_cores(root, set(range(8))) == 4
    assert blas.physical_cores(root, {0, 4, 1}) == 2


def test_without_a_topology_every_processor_is_a_core(tmp_path: Path) -> None:
    assert blas.physical_cores(tmp_path, {0, 1, 2}) == 3


@pytest.mark.parametrize(
    ("cgroup", "files", "cores"),
    [
        ("0::/", {"sys/fs/cgroup/cpu.max": "200000 100000"}, 2),
        ("0::/a/b", {"sys/fs/cgroup/a/cpu.max": "150000 100000", "sys/fs/cgroup/a/b/cpu.max": "max 100000"}, 1),
        ("0::/", {"sys/fs/cgroup/cpu.max": "50000 100000"}, 1),
        ("0::/", {"sys/fs/cgroup/cpu.max": "max 100000"}, 4),
        (
            "3:cpu,cpuacct:/a",
            {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"},
            3,
        ),
        ("1:cpu:/", {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "9"}, 4),
    ],
    ids=["v2", "v2, an ancestor", "less than one", "v2, no limit", "v1", "v1, no limit"],
)
def test_a_quota_limits_the_cores(tmp_path: Path, cgroup: str, files: dict[str, str], cores: int) -> None:
    root = machine(tmp_path, ["0", "1", "2", "3"], cgroup, files)
    assert blas.physical_cores(root, {0, 1, 2, 3}) == cores


def test_the_peak_is_measured_and_leaves_the_threads_as_they_were() -> None:
    before = blas.blas_info()
    assert 1e6 < blas.matmul_peak(1, budget=0.0) < 1e15
    assert blas.blas_info() == before
