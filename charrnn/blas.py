"""The BLAS behind NumPy's products: choice of its kernel, number of its threads, and measurement of its speed.

The OpenBLAS inside NumPy's wheels chooses its kernel by the processor model. For a model that it does not know, it
may choose a kernel without AVX-512, which can halve the speed. `choose_kernel` writes the right kernel to
OPENBLAS_CORETYPE, which is read only once, while NumPy is being imported: import charrnn before NumPy, or set
OPENBLAS_CORETYPE=SKYLAKEX in the shell. A value that is set already, even an empty one, is left alone.

Importing this module imports neither NumPy nor anything else that takes time.
"""

import functools
import itertools
import math
import os
import sys
import time
from collections.abc import Container, Iterator, MutableMapping, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KERNEL_VARIABLE = "OPENBLAS_CORETYPE"
AVX512_KERNEL = "SKYLAKEX"
AVX512_ARCHITECTURES = frozenset({"skylakex", "cooperlake", "sapphirerapids"})
"""OpenBLAS's kernels with AVX-512, as threadpoolctl names them, in lower case."""

_KERNEL_NEEDS = frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})
_REMEDY = f"import charrnn before numpy, or start Python with {KERNEL_VARIABLE}={AVX512_KERNEL}"
_AMD_ZEN_4, _INTEL_PENTIUM_4, _INTEL_CANNON_LAKE = 0x19, 0x0F, (0x06, 0x66)


@dataclass(frozen=True)
class KernelChoice:
    """Result of `choose_kernel`: the kernel that it set, if any, the reason, and the remedy if it was too late."""

    kernel: str | None
    reason: str
    remedy: str = ""


@dataclass(frozen=True)
class Processor:
    """A processor as /proc/cpuinfo describes it: family and model are its numbers there, flags are in lower case."""

    vendor: str
    family: int
    model: int
    flags: frozenset[str]

    @property
    def avx512(self) -> bool:
        """True if the processor has all instructions of OpenBLAS's AVX-512 kernels, and the system enables them."""
        return self.flags >= _KERNEL_NEEDS

    @property
    def misjudged(self) -> bool:
        """True if OpenBLAS may choose a kernel without AVX-512 although one with AVX-512 would run.

        After `get_coretype` in OpenBLAS's driver/others/dynamic.c. AMD's Zen 4 is listed there, its successors are
        not. Intel's families above 15 are taken for a Pentium 4, since only four bits of the family are read; Cannon
        Lake always gets Haswell's kernel. For other Intel processors the choice depends on their instructions.
        """
        if self.vendor == "AuthenticAMD":
            return self.family > _AMD_ZEN_4
        if self.vendor == "GenuineIntel":
            return self.family > _INTEL_PENTIUM_4 or (self.family, self.model) == _INTEL_CANNON_LAKE
        return False


def parse_processor(cpuinfo: str) -> Processor | None:
    """Return the first processor of a /proc/cpuinfo text; None unless it is an x86-64."""
    first = cpuinfo.strip().partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    fields = {key.strip(): value.strip() for key, _, value in pairs}
    flags = frozenset(fields.get("flags", "").split())
    family, model = fields.get("cpu family", ""), fields.get("model", "")
    if "lm" not in flags or not family.isdecimal() or not model.isdecimal():
        return None
    return Processor(fields.get("vendor_id", ""), int(family), int(model), flags)


def read_cpuinfo(path: Path = Path("/proc/cpuinfo")) -> str:
    """Return the first processor's paragraph of /proc/cpuinfo; empty without that file, as on macOS and Windows."""
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            return "".join(itertools.takewhile(str.strip, lines))
    except OSError:
        return ""


def choose_kernel(
    environ: MutableMapping[str, str] = os.environ,
    cpuinfo: str | None = None,
    imported: Container[str] = sys.modules,
) -> KernelChoice:
    """Set OpenBLAS's AVX-512 kernel in `environ` if OpenBLAS may not choose it by itself; otherwise do nothing.

    Call it before NumPy is imported. For the environment of this process the choice is made once, and later calls
    return the same result. `cpuinfo` is the text of /proc/cpuinfo, `imported` the modules that are loaded.
    """
    if environ is os.environ and cpuinfo is None and imported is sys.modules:
        return _choice_of_this_process()
    return _choose(environ, read_cpuinfo() if cpuinfo is None else cpuinfo, imported)


@functools.cache
def _choice_of_this_process() -> KernelChoice:
    return _choose(os.environ, read_cpuinfo(), sys.modules)


def _choose(environ: MutableMapping[str, str], cpuinfo: str, imported: Container[str]) -> KernelChoice:
    if KERNEL_VARIABLE in environ:
        return KernelChoice(None, f"left alone: {KERNEL_VARIABLE}={environ[KERNEL_VARIABLE]} is set already")
    processor = parse_processor(cpuinfo)
    if processor is None or sys.maxsize < 2**32:
        return KernelChoice(None, "left to the library: not Linux on a 64-bit x86 processor")
    if not processor.avx512:
        return KernelChoice(None, "left to the library: the processor has no AVX-512")
    if not processor.misjudged:
        return KernelChoice(None, "left to the library: it recognizes the AVX-512 of this processor")
    if "numpy" in imported:
        return KernelChoice(None, "too late: NumPy was imported first", _REMEDY)
    environ[KERNEL_VARIABLE] = AVX512_KERNEL
    return KernelChoice(AVX512_KERNEL, "set: the processor has AVX-512, and OpenBLAS may not know it by name")


@dataclass(frozen=True)
class BlasInfo:
    """The BLAS that NumPy uses. `architecture` is its kernel; it and `version` are empty if they are not known."""

    library: str
    version: str
    architecture: str
    threads: int | None


@functools.cache
def _controller() -> Any:
    import numpy  # noqa: F401  (it loads the BLAS that is to be found)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def blas_info() -> BlasInfo:
    """Return library, version, kernel and threads of NumPy's BLAS; imports NumPy."""
    import numpy as np

    libraries = _controller().info()
    folder = str(Path(np.__file__).parent)  # the wheel's BLAS is beside it, in numpy.libs or numpy/.dylibs
    numpys = (library for library in libraries if library["filepath"].startswith(folder))
    blas_library = next(numpys, libraries[0] if libraries else None)
    if blas_library is None:
        built_with = np.show_config(mode="dicts")
        blas = (built_with or {}).get("Build Dependencies", {}).get("blas", {})
        return BlasInfo(str(blas.get("name", "unknown")), str(blas.get("version", "")), "", None)
    version, kernel = blas_library.get("version"), blas_library.get("architecture")
    return BlasInfo(blas_library["internal_api"], version or "", kernel or "", blas_library["num_threads"])


def has_small_matrix_kernel(info: BlasInfo | None = None) -> bool:
    """Return True if small float32 products skip the packing of their operands, as in OpenBLAS on AVX-512.

    Its condition for C (m, n) = A (m, k) @ B (k, n) is m·n·k ≤ 1,000,000; if B alone is a transposed view, also
    m·n ≤ 1,200 and k ≥ 32; if both are, k ≥ 4. (OpenBLAS: sgemm_small_kernel_permit_skylakex.c.) `info`
    defaults to the BLAS of this process, looked up once.
    """
    if info is None:
        return _process_has_small_matrix_kernel()
    return info.library == "openblas" and info.architecture.lower() in AVX512_ARCHITECTURES


@functools.cache
def _process_has_small_matrix_kernel() -> bool:
    return has_small_matrix_kernel(blas_info())


@contextmanager
def limit_threads(threads: int) -> Iterator[None]:
    """Let BLAS use at most `threads` threads per product inside the `with`, in all threads of the process."""
    with _controller().limit(limits=threads):
        yield


def single_threaded() -> AbstractContextManager[None]:
    """Let BLAS compute each product in the calling thread, as a gradient engine with threads of its own needs."""
    return limit_threads(1)


def physical_cores(root: Path = Path("/"), usable: Set[int] | None = None) -> int:
    """Return the number of cores that this process may use, by affinity and cgroup quota; hyper-threads count once.

    `root` holds sys/ and proc/. Without them (macOS, Windows), the number of logical processors is returned.
    """
    cpus = _usable_cpus() if usable is None else usable
    cores = {_siblings(root, cpu) for cpu in cpus}
    return max(1, int(min(len(cores), _cgroup_quota(root))))


def _usable_cpus() -> Set[int]:
    if sys.platform == "linux":
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _siblings(root: Path, cpu: int) -> str:
    """Return the hyper-threads of a processor's core as a key of that core; by default the processor's number."""
    return _read(root / f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list") or str(cpu)


def _cgroup_quota(root: Path) -> float:
    """Return the CPU time per second that the process's cgroups allow, in processors; infinite without a limit."""
    quota = math.inf
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        group = top / path.lstrip("/")
        for folder in (group, *(parent for parent in group.parents if parent.is_relative_to(top))):
            quota = min(quota, _folder_quota(folder))
    return quota


def _folder_quota(folder: Path) -> float:
    """Return quota / period of one cgroup: `cpu.max` of version 2, or the two files of version 1."""
    names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
    words = _read(folder / "cpu.max").split() or [_read(folder / name) for name in names]
    if len(words) == 2 and words[0].isdecimal() and words[1].isdecimal():
        return int(words[0]) / int(words[1])
    return math.inf  # "max", "-1" or no such file


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def matmul_peak(threads: int, budget: float = 1.5) -> float:
    """Return the peak speed of large float32 products in FLOP/s: the best of a few, in about `budget` seconds."""
    import numpy as np

    best, start = 0.0, time.perf_counter()
    with limit_threads(threads):
        for n in (512, 512, 1024, 2048, 2048, 2048, 2048):
            operations = 2 * n**3
            if best and time.perf_counter() - start + operations / best > budget:
                break
            a, b, out = np.ones((3, n, n), np.float32)
            began = time.perf_counter()
            np.matmul(a, b, out=out)
            best = max(best, operations / (time.perf_counter() - began))
    return best
