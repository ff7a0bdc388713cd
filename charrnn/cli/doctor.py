"""`charrnn doctor`: a report on the machine, its libraries and the terminal, with a remedy for each problem."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import TYPE_CHECKING, TextIO, TypeAlias

from charrnn import __version__
from charrnn.cli.arguments import AsJson
from charrnn.cli.console import write_line
from charrnn.cli.terminal import Problem, find_ui_problem

if TYPE_CHECKING:
    from charrnn.blas import BlasInfo, KernelChoice

Value: TypeAlias = str | int | float | bool | None
Section: TypeAlias = dict[str, Value]

REQUIRED = ("numpy", "textual", "typer", "rich", "safetensors", "sentencepiece")
OPTIONAL = ("torch",)


@dataclass(frozen=True)
class Report:
    """The values by section and name, and the problems."""

    sections: dict[str, Section]
    problems: list[Problem]


def doctor(as_json: AsJson = False) -> None:
    """Report versions, BLAS kernel and threads, cores, memory and terminal, with a remedy for each problem."""
    report = examine(os.environ, (sys.stdin, sys.stdout, sys.stderr))
    if as_json:
        write_line(json.dumps(report.sections | {"problems": [asdict(problem) for problem in report.problems]}))
    elif sys.stdout.isatty():
        _print_tables(report)
    else:
        write_line(_encodable("\n".join(plain_lines(report))))


def examine(environ: Mapping[str, str], streams: tuple[TextIO, TextIO, TextIO]) -> Report:
    """Return the report; `streams` are stdin, stdout and stderr."""
    problems: list[Problem] = []
    sections = {
        "versions": versions(problems),
        "machine": machine(),
        "blas": blas_section(problems),
        "terminal": terminal(environ, streams, problems),
        "data": data_folder(problems),
        "settings": settings(problems),
    }
    return Report(sections, problems)


def versions(problems: list[Problem]) -> Section:
    """Return the versions of Python and the packages, read from metadata without importing the packages."""
    section: Section = {"python": sys.version.split()[0], "charrnn": __version__}
    for name in REQUIRED + OPTIONAL:
        try:
            section[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            section[name] = None
            if name in REQUIRED:
                problems.append(Problem(f"{name} is not installed", f"pip install {name}"))
    return section


def machine() -> Section:
    """Return processor, cores and memory; memory in bytes, None if the system does not report it."""
    from charrnn import blas

    processor = blas.parse_processor(blas.read_cpuinfo())
    return {
        "system": sys.platform,
        "avx512": None if processor is None else processor.avx512,
        "cores": blas.physical_cores(),
        "logical_processors": os.cpu_count(),
        "memory": _memory("SC_PHYS_PAGES"),
        "memory_available": _memory("SC_AVPHYS_PAGES"),
    }


def _memory(pages: str) -> int | None:
    try:
        return os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def blas_section(problems: list[Problem]) -> Section:
    """Return NumPy's BLAS library, its kernel and threads, and the measured peak speed in FLOP/s."""
    from charrnn import blas

    choice, cores = blas.choose_kernel(), blas.physical_cores()
    try:
        info = blas.blas_info()
    except ImportError as error:
        problems.append(Problem(f"NumPy cannot be loaded: {error}", "pip install --force-reinstall numpy"))
        return {"library": None, "kernel_choice": choice.reason}
    processor = blas.parse_processor(blas.read_cpuinfo())
    problems += kernel_problems(info, choice, processor is not None and processor.avx512)
    if info.threads is not None and info.threads > cores:
        problem = f"BLAS starts {info.threads} threads on {cores} usable cores"
        problems.append(Problem(problem, f"set OPENBLAS_NUM_THREADS={cores} (OMP_NUM_THREADS, MKL_NUM_THREADS)"))
    return {
        "library": info.library,
        "version": info.version or None,
        "kernel": info.architecture or None,
        "kernel_choice": choice.reason,
        "threads": info.threads,
        "small_matrix_kernel": blas.has_small_matrix_kernel(info),
        "peak_flops_one_thread": blas.matmul_peak(1, budget=0.75),
        "peak_flops": blas.matmul_peak(cores, budget=0.75),
    }


def kernel_problems(info: "BlasInfo", choice: "KernelChoice", avx512: bool) -> list[Problem]:
    """Return a problem if the kernel lacks AVX-512 on a processor that has it, which can halve the speed."""
    from charrnn import blas

    if not avx512 or info.library != "openblas" or info.architecture.lower() in blas.AVX512_ARCHITECTURES:
        return []
    problem = f"OpenBLAS uses its {info.architecture} kernel, although the processor has AVX-512"
    remedy = f"start Python with {blas.KERNEL_VARIABLE}={blas.AVX512_KERNEL}"
    return [Problem(problem, choice.remedy or remedy)]


def terminal(environ: Mapping[str, str], streams: tuple[TextIO, TextIO, TextIO], problems: list[Problem]) -> Section:
    """Return the properties of the terminal, and whether the terminal UI can start in it."""
    stdin, stdout, stderr = (bool(stream and stream.isatty()) for stream in streams)
    kind, encoding = environ.get("TERM", ""), getattr(streams[1], "encoding", None) or ""
    columns, lines = _size(streams[2]) if stderr else (None, None)
    ui_problem = find_ui_problem(stdin, stderr, kind)
    if ui_problem:
        problems.append(Problem(f"the terminal UI cannot start: {ui_problem.problem}", ui_problem.remedy))
    if not encoding.lower().replace("-", "").startswith("utf8"):
        problem = f"the encoding of stdout is {encoding or 'unknown'}, so many characters cannot be printed"
        problems.append(Problem(problem, "set PYTHONUTF8=1, or a UTF-8 locale such as LANG=C.UTF-8"))
    return {
        "stdin_is_terminal": stdin,
        "stdout_is_terminal": stdout,
        "stderr_is_terminal": stderr,
        "TERM": environ.get("TERM"),
        "COLORTERM": environ.get("COLORTERM"),
        "NO_COLOR": environ.get("NO_COLOR"),
        "encoding": encoding or None,
        "columns": columns,
        "lines": lines,
        "ui_can_start": ui_problem is None,
    }


def _size(stream: TextIO) -> tuple[int | None, int | None]:
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return None, None
    return size.columns or None, size.lines or None


def data_folder(problems: list[Problem]) -> Section:
    """Return the folder of downloaded texts, and whether it can be written."""
    from charrnn.text.catalogue import catalogue_folder

    folder = catalogue_folder()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    writable = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    if not writable:
        remedy = "make it writable, or set CHARRNN_DATA to another folder"
        problems.append(Problem(f"the data folder {folder} cannot be written to", remedy))
    return {"folder": str(folder), "exists": folder.is_dir(), "writable": writable}


def settings(problems: list[Problem]) -> Section:
    """Return the file with theme and keys of the terminal UI."""
    from charrnn.tui.settings import read_settings, settings_path

    _, fault = read_settings()
    if fault:
        problem, _, remedy = fault.partition("; ")
        problems.append(Problem(problem, remedy))
    return {"file": str(settings_path()), "exists": settings_path().exists()}


def plain_lines(report: Report) -> list[str]:
    """Return the report as lines of `name: value`, and two lines for each problem."""
    lines = [
        f"{section}.{name}: {readable(name, value)}"
        for section, values in report.sections.items()
        for name, value in values.items()
    ]
    for problem in report.problems:
        lines += [f"problem: {problem.problem}", f"remedy: {problem.remedy}"]
    return lines


def readable(name: str, value: Value) -> str:
    """Return a value with its unit; control characters, which an environment variable may hold, become visible."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) and name.startswith("memory"):
        return f"{value / 2**30:.1f} GiB"
    if isinstance(value, int | float) and name.startswith("peak_flops"):
        return f"{value / 1e9:.0f} GFLOP/s"
    text = str(value)
    return text if text.isprintable() else ascii(text)


def _encodable(text: str) -> str:
    """Return the text with escapes for the characters that the encoding of stdout lacks."""
    encoding = sys.stdout.encoding or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _print_tables(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for section, values in report.sections.items():
        table = Table.grid(padding=(0, 2))
        for name, value in values.items():
            table.add_row(Text(f"  {name}"), Text(_encodable(readable(name, value))))
        console.print(Text(section, style="bold"), table, sep="\n")
    for problem in report.problems:
        console.print(Text("problem: ", style="bold red") + Text(_encodable(problem.problem)))
        console.print(Text("remedy:  ", style="bold green") + Text(_encodable(problem.remedy)))
    if not report.problems:
        console.print(Text("no problems found", style="bold green"))
