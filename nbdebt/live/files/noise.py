"""What a run touches without meaning to: the interpreter's own files, libraries' settings, caches."""

import os
import tempfile
import types

from nbdebt.live.libraries import LIBRARIES, is_library, slashed
from nbdebt.model.patterns import later

_SYSTEM = (
    *("/proc/", "/sys/", "/dev/", "/run/", "/etc/", "/lib/", "/lib64/"),
    *("/usr/share/", "/usr/lib/", "/usr/lib64/", "/usr/local/lib/", "/usr/local/share/"),
    *("/System/", "/Library/Frameworks/", "C:\\Windows\\"),
)
# Under the home directory, or where the environment says.
_HOMES = (
    *(
        ".ipython",
        ".jupyter",
        ".config",
        ".local/share/jupyter",
        ".local/share/fonts",
        ".netrc",
        ".gitconfig",
    ),
    *(".cache/matplotlib", ".cache/fontconfig", ".cache/pip", ".cache/jedi", ".cache/uv", ".matplotlib"),
    *(".nv", ".triton", ".cache/numba", ".cache/torch_extensions", ".pki", ".aws", ".ssh", ".condarc"),
)
_VARIABLES = (
    "MPLCONFIGDIR",
    "IPYTHONDIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "NUMBA_CACHE_DIR",
)
_ENDINGS = (".pyc", ".pyo", ".pyd", ".so", ".pth", ".nbi", ".nbc")
_BUNDLED = later(
    r"/(?:datasets?|sample_data|_data|test_data|example_data)/.*"
    r"\.(?:csv|tsv|txt|json|gz|bz2|xz|zip|npz|npy|pkl|parquet|arff|dta|xlsx?|nc|h5|sqlite|db|mat|feather)$"
)
# Readers of source code: for imports, tracebacks and help.
_SOURCE_READERS = frozenset(
    ("linecache.py", "tokenize.py", "inspect.py", "pkgutil.py", "traceback.py", "runpy.py")
)
_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
_CELL = later(r"^<ipython-input-|[\\/]ipykernel_\d+[\\/]|^<stdin>$|^<doctest")
_COMMANDS = later(r"[\\/]IPython[\\/]utils[\\/]_process_")
_METADATA = later(r"[\\/](?:importlib[\\/]metadata|importlib_metadata|pkg_resources)[\\/]")
_MAGICS = later(r"[\\/]IPython[\\/]core[\\/]magics[\\/]")
_CELL_MAGICS = frozenset(("writefile", "capture", "time", "timeit", "prun"))
_WRAPPERS = _PACKAGE + os.path.join("live", "files", "wrap.py")


def noisy_prefixes() -> tuple[str, ...]:
    """Beginnings of absolute paths that no run means to touch, as the environment is now."""
    home = os.path.expanduser("~")
    named = [os.environ.get(name, "") for name in _VARIABLES]
    found = {slashed(path) for path in named if len(path) > 3}
    found.update(os.path.join(home, name) for name in _HOMES)
    temporary = {tempfile.gettempdir(), "/tmp"}
    found.update(os.path.join(place, "ipykernel_") for place in temporary)
    return (*LIBRARIES, *_SYSTEM, *sorted(found))


# Where libraries keep the data sets that they fetch: caches of theirs, in the user's home.
_DATA_HOMES = later(
    r"/(?:statsmodels_data|scikit_learn_data|nltk_data|seaborn-data|\.(?:keras|torch|cache|kaggle|sktime))(?:/|\Z)"
)


def is_noise(path: str, prefixes: tuple[str, ...]) -> bool:
    """Whether an absolute path is none of the user's; data that comes with a package is."""
    if path.endswith(_ENDINGS) or "__pycache__" in path:
        return True
    if path.endswith(">") and os.path.basename(path)[0] == "<":
        # What a traceback looks for under the name of a cell.
        return True
    return (path.startswith(prefixes) and not is_bundled(path)) or _DATA_HOMES.search(path) is not None


def is_bundled(path: str) -> bool:
    """Whether a path is a data set that an installed package brings with it."""
    return path.startswith(LIBRARIES) and _BUNDLED.search(path) is not None


def is_cell(filename: str) -> bool:
    """Whether a code object's file name is that of a notebook's cell."""
    return _CELL.search(filename) is not None


def caller(frame: types.FrameType | None) -> tuple[bool, str, str]:
    """Who is behind an access, from the frame in which it happens.

    Returns:
        (wanted, module, function): not wanted for imports, for readers of source code, and for what nbdebt or
        IPython do for themselves; module and qualified name of the outermost library function between the
        user's code and the access, empty where the user's own code does it.
    """
    if frame is None:
        return True, "", ""
    name = frame.f_code.co_filename
    if name.startswith(("<frozen importlib", "<frozen zipimport")) or (
        os.path.basename(name) in _SOURCE_READERS and name.startswith(LIBRARIES)
    ):
        return False, "", ""
    module = function = ""
    current: types.FrameType | None = frame
    # Deep stacks exist; what is of interest stands near their end.
    for _ in range(200):
        if current is None:
            break
        code = current.f_code
        name = code.co_filename
        if name.startswith(_PACKAGE):
            if name != _WRAPPERS:
                return False, "", ""
        elif _COMMANDS.search(name):
            # ``!command``: what it touches is read off the cell's text.
            return False, "", ""
        elif _MAGICS.search(name) and "<" not in code.co_name:
            return True, "", ("%%" if code.co_name in _CELL_MAGICS else "%") + code.co_name
        elif name.startswith("<frozen importlib"):
            # A module's own code at its import: what it reads then belongs to the library.
            if module:
                return False, "", ""
        elif is_library(name):
            if _METADATA.search(name):
                return False, "", ""
            qualified = code.co_qualname
            # IPython puts a function of its own in the place of ``open``.
            if (
                "<" not in qualified
                and qualified != "_modified_open"
                and not name.endswith(("threading.py", "concurrent/futures/thread.py"))
            ):
                module, function = str(current.f_globals.get("__name__", "")), qualified
        elif not name.startswith("<") or _CELL.search(name):
            break
        current = current.f_back
    return True, module, function
