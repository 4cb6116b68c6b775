"""What shell lines touch: a table."""

import pytest

from nbdebt.flow.shell import shell_accesses
from nbdebt.model.history import File, Package, Url

CASES: list[tuple[str, list[str]]] = [
    ("", []),
    ("# cp a b", []),
    ("ls -l", []),
    ("echo hello", []),
    ("cp a b", ["read a", "write b"]),
    ("cp -r a b c/", ["read a", "read b", "write c/"]),
    ("mv a b", ["read a", "delete a", "write b"]),
    ("rm -rf a b", ["delete a", "delete b"]),
    ("cat a.txt", ["read a.txt [shown]"]),
    ("cat a.txt > b.txt", ["write b.txt", "read a.txt [shown]"]),
    ("echo x >> log.txt", ["write log.txt [append]"]),
    ("echo x 2> err.txt", ["write err.txt"]),
    ("echo x > /dev/null", []),
    ("sort < in.txt", ["read in.txt"]),
    ("a | tee out.txt", ["write out.txt"]),
    ("a | tee -a out.txt", ["write out.txt [append]"]),
    ("cp a b && rm a", ["read a", "write b", "delete a"]),
    ("cp a b; cp c d", ["read a", "write b", "read c", "write d"]),
    ("cp 'a b' c", ["read a b", "write c"]),
    ("cp {src} $dst", ["read {src} [computed]", "write $dst [computed]"]),
    ("cp *.csv out/", ["read *.csv [computed]", "write out/"]),
    ("wget https://x.org/d/a.csv", ["read https://x.org/d/a.csv [download]", "write a.csv [download]"]),
    ("wget -q -O b.csv https://x.org/a", ["read https://x.org/a [download]", "write b.csv [download]"]),
    ("wget -qO- https://x.org/a", ["read https://x.org/a [download]"]),
    ("curl -o b https://x.org/a", ["read https://x.org/a [download]", "write b [download]"]),
    ("curl -LO https://x.org/a.zip", ["read https://x.org/a.zip [download]", "write a.zip [download]"]),
    ("curl https://x.org/a", ["read https://x.org/a [download]"]),
    ("curl https://x.org/a > b", ["write b", "read https://x.org/a [download]"]),
    ("aws s3 cp s3://b/k local", ["read s3://b/k [download]", "write local"]),
    ("gsutil cp a gs://b/k", ["read a [local]", "write gs://b/k"]),
    ("kaggle datasets download -d me/set", ["read kaggle://me/set [download]"]),
    ("pip install numpy", ["write numpy"]),
    ("pip install -q 'numpy==1.2' pandas[all]", ["write numpy", "write pandas"]),
    ("pip install -r requirements.txt", []),
    ("python -m pip install a", ["write a"]),
    ("{sys.executable} -m pip install a", ["write a"]),
    ("uv pip install a", ["write a"]),
    ("conda install -y a=1", ["write a"]),
    ("pip list", []),
    ("sudo cp a b", ["read a", "write b"]),
    ("X=1 cp a b", ["read a", "write b"]),
    ("cp a \\\n b", ["read a", "write b"]),
    ("cd data", []),
    ("echo 'unclosed", []),
]


def written(text: str) -> list[str]:
    """The accesses as the table writes them."""
    found: list[str] = []
    for resource, mode, detail in shell_accesses(text):
        assert isinstance(resource, File | Url | Package)
        found.append(f"{mode} {resource}" + (f" [{', '.join(detail)}]" if detail else ""))
    return found


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_case(text: str, expected: list[str]) -> None:
    assert written(text) == expected


def test_a_requirement_is_kept_as_it_was_written() -> None:
    packages = [r for r, _, _ in shell_accesses("pip install 'numpy>=1.2,<2' a[b]==1")]
    assert [(p.package, p.requirement) for p in packages if isinstance(p, Package)] == [
        ("numpy", "numpy>=1.2,<2"),
        ("a", "a[b]==1"),
    ]
