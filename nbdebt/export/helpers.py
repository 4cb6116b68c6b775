"""The functions that a script brings along for what IPython did, and the names under which it has them.

Each is small enough to be read in the script, and comes only where it is needed.
"""

import re
from collections.abc import Iterable

HELPERS: dict[str, tuple[tuple[str, ...], str]] = {
    "show": (
        (),
        '''
try:
    from IPython.lib.pretty import pretty as pretty_text
except ImportError:
    pretty_text = repr


def show(*values, **options):
    """Print values as the notebook shows them; gives the last."""
    for value in values:
        if value is not None or len(values) > 1:
            print(pretty_text(value))
    return values[-1] if values else None
''',
    ),
    "shell": (
        ("os", "subprocess", "sys"),
        '''
def shell(command):
    """Run a command as `!command` does; gives its exit status."""
    sys.stdout.flush()
    return subprocess.run(command, shell=True, executable=os.environ.get("SHELL")).returncode
''',
    ),
    "shell_lines": (
        ("os", "subprocess", "sys"),
        '''
def shell_lines(command):
    """The lines that a command prints, as `x = !command` gives them."""
    sys.stdout.flush()
    done = subprocess.run(
        command,
        shell=True,
        executable=os.environ.get("SHELL"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout.splitlines()
''',
    ),
    "run_program": (
        ("subprocess", "sys"),
        '''
def run_program(arguments, text, capture=False):
    """Give a text to a program, as `%%bash` does."""
    sys.stdout.flush()
    return subprocess.run(arguments, input=text, text=True, check=True, capture_output=capture)
''',
    ),
    "run_script": (
        ("runpy", "sys"),
        '''
def run_script(path, *arguments):
    """Run another script and take over its names, as `%run` does."""
    before, sys.argv = sys.argv, [path, *arguments]
    try:
        found = runpy.run_path(path, run_name="__main__")
    finally:
        sys.argv = before
    globals().update({name: value for name, value in found.items() if not name.startswith("__")})
''',
    ),
    "timed": (
        ("contextlib", "sys", "time"),
        '''
@contextlib.contextmanager
def timed(what):
    """Say on standard error how long something took."""
    started = time.perf_counter()
    try:
        yield
    finally:
        print(f"{what} took {time.perf_counter() - started:.3f} s", file=sys.stderr)
''',
    ),
    "time_code": (
        ("statistics", "sys", "timeit", "types"),
        '''
def time_code(code, number=0, repeat=7):
    """Time code as `%timeit -o` does."""
    timer = timeit.Timer(code, globals=globals())
    number = number or timer.autorange()[0]
    runs = timer.repeat(repeat, number)
    timings = [run / number for run in runs]
    print(f"{min(timings):.3g} s per loop, best of {repeat}: {code}", file=sys.stderr)
    return types.SimpleNamespace(
        loops=number,
        repeat=repeat,
        all_runs=runs,
        timings=timings,
        best=min(timings),
        worst=max(timings),
        average=statistics.fmean(timings),
        stdev=statistics.pstdev(timings),
    )
''',
    ),
    "captured": (
        ("contextlib", "io", "sys", "types"),
        '''
@contextlib.contextmanager
def captured():
    """Keep what is printed, as `%%capture` does."""
    out, err = io.StringIO(), io.StringIO()
    kept = types.SimpleNamespace(stdout="", stderr="", outputs=[])
    kept.show = lambda: print(kept.stdout, end="") or print(kept.stderr, end="", file=sys.stderr)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield kept
    finally:
        kept.stdout, kept.stderr = out.getvalue(), err.getvalue()
''',
    ),
    "seed_streams": (
        ("random", "sys"),
        '''
def seed_streams(seed):
    """Seed the random streams of all libraries that are loaded, as `%nbdebt seed` does."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed % 2**63)
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].random.set_seed(seed % 2**31)
''',
    ),
    "seeded": (
        ("contextlib", "random", "sys"),
        '''
@contextlib.contextmanager
def seeded(seed):
    """Seed all random streams, and leave them afterwards where they stood, as `%%nbdebt seeded` does."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    before = random.getstate(), numpy and numpy.random.get_state(), torch and torch.get_rng_state()
    seed_streams(seed)
    try:
        yield
    finally:
        random.setstate(before[0])
        if numpy:
            numpy.random.set_state(before[1])
        if torch:
            torch.set_rng_state(before[2])
''',
    ),
    "check_data": (
        ("hashlib", "sys"),
        '''
def check_data(*paths):
    """Stop where data is not what is pinned; what is not pinned is not looked at."""
    for path in paths:
        if path not in PINNED:
            continue
        try:
            with open(path, "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            sys.exit(f"{path} can't be read: {error.strerror}")
        if found != PINNED[path]:
            sys.exit(
                f"{path} is not the data that is pinned.\\n"
                f"  expected SHA-256 {PINNED[path]}\\n  found            {found}\\n"
                f"If it is right as it is, put the digest that was found into PINNED in {sys.argv[0]} "
                f"(and `nbdebt pin --update {path}` into nbdebt.lock)."
            )
''',
    ),
    "restore_streams": (
        ("base64", "random", "struct", "sys"),
        '''
def restore_streams(run):
    """Put random streams where they stood when this run began."""
    for stream, text in STATES[run].items():
        data = base64.b85decode(text)
        if stream == "torch":
            torch = sys.modules["torch"]
            torch.set_rng_state(torch.frombuffer(bytearray(data), dtype=torch.uint8))
            continue
        *key, position, waiting, normal = struct.unpack("<625IBd", data)
        if stream == "python":
            random.setstate((3, (*key, position), normal if waiting else None))
        else:
            sys.modules["numpy"].random.set_state(("MT19937", key, position, waiting, normal))
''',
    ),
    "save_figures": (
        ("itertools", "pathlib"),
        '''
FIGURES = pathlib.Path("figures").resolve()
figure_number = itertools.count(1)


def save_figures(*args, **options):
    """Save the figures that are open and close them, as the notebook does after each cell."""
    import matplotlib.pyplot

    for number in matplotlib.pyplot.get_fignums():
        FIGURES.mkdir(exist_ok=True)
        figure = matplotlib.pyplot.figure(number)
        figure.savefig(FIGURES / f"{next(figure_number):02}.png", bbox_inches="tight")
        matplotlib.pyplot.close(figure)
''',
    ),
}
_OWN = {
    "restore_streams": ("STATES",),
    "check_data": ("PINNED",),
    "show": ("pretty_text",),
    "save_figures": ("FIGURES", "figure_number"),
}
_NEEDS = {"seeded": ("seed_streams",)}


class Names:
    """Names that the script may use beside those of the notebook.

    Args:
        taken: every name that the notebook's code speaks of.
        bound: names that it binds by anything else than ``import NAME``.
    """

    def __init__(self, taken: Iterable[str], bound: Iterable[str]) -> None:
        self.taken = frozenset(taken)
        self.bound = frozenset(bound)
        self.helpers: dict[str, str] = {}
        self.modules: dict[str, str] = {}

    def free(self, wanted: str) -> str:
        """A name like this one that the notebook doesn't use."""
        while wanted in self.taken:
            wanted += "_"
        return wanted

    def helper(self, name: str) -> str:
        """Ask for a helper: the name under which it will be there."""
        if name not in self.helpers:
            for other in _NEEDS.get(name, ()):
                self.helper(other)
            for module in HELPERS[name][0]:
                self.module(module)
            self.helpers[name] = self.free(name)
        return self.helpers[name]

    def module(self, name: str) -> str:
        """Ask for a module: the name under which it will be there."""
        if name not in self.modules:
            self.modules[name] = self.free(f"{name}_") if name in self.bound else name
        return self.modules[name]

    def imports(self) -> list[str]:
        """The import statements of the modules that were asked for."""
        return [
            f"import {name}" if name == local else f"import {name} as {local}"
            for name, local in sorted(self.modules.items())
        ]

    def definitions(self) -> str:
        """The helpers that were asked for, under their names."""
        parts = []
        for name in HELPERS:
            if name in self.helpers:
                text = HELPERS[name][1].strip("\n")
                renamed = {own: self.free(own) for own in (name, *_OWN.get(name, ()), *_NEEDS.get(name, ()))}
                renamed |= {module: self.modules[module] for module in HELPERS[name][0]}
                for old, new in renamed.items():
                    if old != new:
                        text = re.sub(rf"(?<![\w.\"]){old}(?=[\s(.,\[\]:])", new, text)
                parts.append(text)
        return "\n\n\n".join(parts)
