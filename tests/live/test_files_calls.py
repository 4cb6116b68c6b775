# ruff: noqa: E501 -- a row of a table is one line
"""Calls of the standard library and of popular packages, and what of the files they touch is seen.

Each row runs as a cell of its own in a directory of its own; ``prepare`` runs before, unwatched. ``unseen`` rows are
promises of ``docs/limits.md``: should one of them be seen one day, the page is to be corrected.
"""

import builtins
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from nbdebt.live.files import FileWatch
from nbdebt.live.monitoring import AVAILABLE
from nbdebt.model.history import File, Table, Url

CSV = "open('a.csv', 'w').write('x,y\\n1,2\\n3,4\\n')\n"
FRAME = "import pandas as pd\ndf = pd.DataFrame({'x': [1, 2], 'y': [3.0, 4.0]})\n"
POLARS = "import polars as pl\ndf = pl.DataFrame({'x': [1, 2]})\n"
ARROW = "import pyarrow as pa\nt = pa.table({'x': [1, 2]})\n"
ARRAY = "import numpy as np\na = np.arange(6.0)\n"


class Call(NamedTuple):
    """What a cell reads, writes and deletes: names in its directory, ``a.csv b.csv``."""

    code: str
    reads: str = ""
    writes: str = ""
    deletes: str = ""
    prepare: str = ""
    needs: str = ""
    wrapped: bool = False
    """A method or a second argument of a function written in C: seen only where functions are wrapped (3.11)."""


STANDARD = [
    Call("open('a.csv').read()", reads="a.csv", prepare=CSV),
    Call("open('o.txt', 'w').write('x')", writes="o.txt"),
    Call("open('o.txt', 'x').write('x')", writes="o.txt"),
    Call("open('a.csv', 'a').write('5,6')", writes="a.csv", prepare=CSV),
    Call("with open('a.csv', 'r+') as f: f.write('z')", writes="a.csv", prepare=CSV),
    Call("with open('a.csv', 'r+') as f: f.read()", reads="a.csv", prepare=CSV),
    Call(
        "import os\nfd = os.open('o', os.O_CREAT | os.O_WRONLY)\nos.write(fd, b'x')\nos.close(fd)", writes="o"
    ),
    Call("import io\nio.open('a.csv').read()", reads="a.csv", prepare=CSV),
    Call("import codecs\ncodecs.open('a.csv', encoding='utf-8').read()", reads="a.csv", prepare=CSV),
    Call("from pathlib import Path\nPath('a.csv').read_text()", reads="a.csv", prepare=CSV),
    Call("from pathlib import Path\nPath('a.csv').read_bytes()", reads="a.csv", prepare=CSV),
    Call("from pathlib import Path\nPath('o.txt').write_text('x')", writes="o.txt"),
    Call("from pathlib import Path\nPath('o').touch()", writes="o"),
    Call("from pathlib import Path\nPath('a.csv').unlink()", deletes="a.csv", prepare=CSV),
    Call("from pathlib import Path\nPath('a.csv').rename('b.csv')", "a.csv", "b.csv", "a.csv", CSV),
    Call("from pathlib import Path\nsorted(Path('.').glob('*.csv'))", reads=".", prepare=CSV),
    Call("from pathlib import Path\nlist(Path('.').iterdir())", reads=".", prepare=CSV),
    Call("from pathlib import Path\nPath('d').mkdir()", writes="d"),
    Call("import os\nos.listdir()", reads="."),
    Call("import os\nlist(os.scandir('.'))", reads="."),
    Call("import os\nlist(os.walk('.'))", reads="."),
    Call("import glob\nglob.glob('*.csv')", reads=".", prepare=CSV),
    Call("import os\nos.remove('a.csv')", deletes="a.csv", prepare=CSV),
    Call("import os\nos.rename('a.csv', 'b.csv')", "a.csv", "b.csv", "a.csv", CSV),
    Call(
        "import os\nos.replace('a.csv', 'b.csv')",
        "a.csv",
        "b.csv",
        "a.csv",
        CSV + "open('b.csv', 'w').close()",
    ),
    Call("import os\nos.truncate('a.csv', 1)", writes="a.csv", prepare=CSV),
    Call("import os\nos.link('a.csv', 'b.csv')", "a.csv", "b.csv", prepare=CSV),
    Call("import os\nos.symlink('a.csv', 'b.csv')", "a.csv", "b.csv", prepare=CSV),
    Call("import os\nos.chmod('a.csv', 0o600)", writes="a.csv", prepare=CSV),
    Call("import os\nos.makedirs('d/e')", writes="d d/e"),
    Call("import shutil\nshutil.copy('a.csv', 'b.csv')", "a.csv", "b.csv", prepare=CSV),
    Call(
        "import shutil\nshutil.copytree('d', 'e')",
        "d d/f",
        "e e/f",
        prepare="import os; os.mkdir('d'); open('d/f','w').close()",
    ),
    Call("import shutil\nshutil.move('a.csv', 'b.csv')", "a.csv", "b.csv", "a.csv", CSV),
    Call(
        "import shutil\nshutil.rmtree('d')",
        reads="d",
        deletes="d d/f",
        prepare="import os; os.mkdir('d'); open('d/f','w').close()",
    ),
    Call(
        "import shutil\nshutil.make_archive('o', 'zip', 'd')",
        "d d/f",
        "o.zip",
        prepare="import os; os.mkdir('d'); open('d/f','w').close()",
    ),
    Call("import gzip\nwith gzip.open('o.gz', 'wb') as f: f.write(b'x')", writes="o.gz"),
    Call(
        "import gzip\ngzip.open('o.gz').read()",
        reads="o.gz",
        prepare="import gzip; gzip.open('o.gz', 'wb').close()",
    ),
    Call("import bz2\nwith bz2.open('o.bz2', 'wb') as f: f.write(b'x')", writes="o.bz2"),
    Call("import lzma\nwith lzma.open('o.xz', 'wb') as f: f.write(b'x')", writes="o.xz"),
    Call(
        "import zipfile\nwith zipfile.ZipFile('o.zip', 'w') as z: z.write('a.csv')",
        "a.csv",
        "o.zip",
        prepare=CSV,
    ),
    Call(
        "import zipfile\nz = zipfile.ZipFile('o.zip')\nz.extractall('d')",
        "o.zip",
        "d d/a.csv",
        prepare=CSV + "import zipfile\nwith zipfile.ZipFile('o.zip', 'w') as z: z.write('a.csv')",
    ),
    Call(
        "import tarfile\nwith tarfile.open('o.tar', 'w') as t: t.add('a.csv')", "a.csv", "o.tar", prepare=CSV
    ),
    Call("import csv\nlist(csv.reader(open('a.csv')))", reads="a.csv", prepare=CSV),
    Call("import json\njson.dump({}, open('o.json', 'w'))", writes="o.json"),
    Call("import pickle\npickle.dump(1, open('o.pkl', 'wb'))", writes="o.pkl"),
    Call("import dbm.dumb\nwith dbm.dumb.open('s', 'c') as s: s['a'] = 'b'", writes="s.bak s.dat s.dir"),
    Call(
        "import configparser\nconfigparser.ConfigParser().read('a.ini')",
        reads="a.ini",
        prepare="open('a.ini', 'w').close()",
    ),
    Call(
        "import tomllib\ntomllib.load(open('a.toml', 'rb'))",
        reads="a.toml",
        prepare="open('a.toml', 'w').close()",
    ),
    Call("import fileinput\nlist(fileinput.input('a.csv'))", reads="a.csv", prepare=CSV),
    Call(
        "import mmap\nf = open('a.csv', 'r+b')\nm = mmap.mmap(f.fileno(), 0)\nm[0:1] = b'q'\nm.close()\nf.close()",
        writes="a.csv",
        prepare=CSV,
    ),
    Call("import logging\nh = logging.FileHandler('o.log')\nh.close()", writes="o.log"),
    Call(
        "import sqlite3\nc = sqlite3.connect('d.db')\nc.execute('create table t (x)')\nc.close()",
        writes="d.db",
    ),
    Call(
        "import sqlite3\nc = sqlite3.connect('d.db')\nc.execute('select 1')\nc.close()",
        reads="d.db",
        prepare="import sqlite3; c = sqlite3.connect('d.db'); c.execute('create table t (x)'); c.close()",
    ),
    Call(
        "import sqlite3\nc = sqlite3.connect('file:d.db?mode=ro', uri=True)\nc.close()",
        reads="d.db",
        prepare="import sqlite3; c = sqlite3.connect('d.db'); c.execute('create table t (x)'); c.close()",
    ),
    Call("import tempfile\nwith tempfile.NamedTemporaryFile() as f: f.write(b'x')"),
    Call("import tempfile\nwith tempfile.TemporaryDirectory() as d: open(d + '/x', 'w').write('x')"),
    Call("open('o.tmp', 'w').write('x')\nimport os\nos.remove('o.tmp')"),
    Call("open('o.tmp', 'w').write('x')\nimport os\nos.replace('o.tmp', 'o.txt')", writes="o.txt"),
    Call("open('o.txt', 'w').write('x')\nopen('o.txt').read()", writes="o.txt"),
    Call("try: open('none.csv')\nexcept OSError: pass", reads="none.csv"),
    Call("import subprocess\nsubprocess.run(['cp', 'a.csv', 'b.csv'])", "a.csv", "b.csv", prepare=CSV),
    Call("import subprocess\nsubprocess.run('cat a.csv > b.csv', shell=True)", "a.csv", "b.csv", prepare=CSV),
    Call("import os\nos.system('rm a.csv')", deletes="a.csv", prepare=CSV),
    Call("x = [id(i) for i in range(9)]"),
    Call("import json.tool, xml.dom.minidom, email.mime.text"),
    Call("import helper", prepare="open('helper.py', 'w').write('y = 1')"),
    Call("from array import array\narray('i', [1]).tofile(open('o.bin', 'wb'))", writes="o.bin"),
    Call("exec(open('a.py').read())", reads="a.py", prepare="open('a.py', 'w').write('y = 1')"),
]

NUMPY = [
    Call(ARRAY + code, reads, writes, prepare=ARRAY + prepare, needs="numpy")
    for code, reads, writes, prepare in [
        ("np.save('o.npy', a)", "", "o.npy", ""),
        ("np.load('o.npy')", "o.npy", "", "np.save('o.npy', a)"),
        ("np.savez('o.npz', a)", "", "o.npz", ""),
        ("np.load('o.npz')['arr_0']", "o.npz", "", "np.savez('o.npz', a)"),
        ("np.savetxt('o.txt', a)", "", "o.txt", ""),
        ("np.loadtxt('o.txt')", "o.txt", "", "np.savetxt('o.txt', a)"),
        ("np.genfromtxt('o.txt')", "o.txt", "", "np.savetxt('o.txt', a)"),
        ("a.tofile('o.bin')", "", "o.bin", ""),
        ("np.fromfile('o.bin')", "o.bin", "", "a.tofile('o.bin')"),
        ("m = np.memmap('o.bin', mode='w+', shape=3)\nm[0] = 1\nm.flush()", "", "o.bin", ""),
        ("np.memmap('o.bin', mode='r')[0]", "o.bin", "", "a.tofile('o.bin')"),
        ("m = np.memmap('o.bin', mode='r+')\nm[0] = 7\nm.flush()", "", "o.bin", "a.tofile('o.bin')"),
        ("m = np.lib.format.open_memmap('o.npy', mode='w+', shape=(3,))\ndel m", "", "o.npy", ""),
    ]
]

PANDAS = [
    Call(FRAME + code, reads, writes, prepare=FRAME + prepare, needs="pandas " + needs)
    for code, reads, writes, prepare, needs in [
        ("pd.read_csv('a.csv')", "a.csv", "", CSV, ""),
        ("pd.read_csv('a.csv', engine='python')", "a.csv", "", CSV, ""),
        ("pd.read_csv('a.csv', engine='pyarrow')", "a.csv", "", CSV, "pyarrow"),
        (
            "list(map(pd.read_csv, ['a.csv', 'b.csv']))",
            "a.csv b.csv",
            "",
            CSV + CSV.replace("a.csv", "b.csv"),
            "",
        ),
        ("from pathlib import Path\npd.read_csv(Path('a.csv'))", "a.csv", "", CSV, ""),
        ("pd.read_csv(open('a.csv'))", "a.csv", "", CSV, ""),
        ("pd.read_table('a.csv', sep=',')", "a.csv", "", CSV, ""),
        ("pd.read_fwf('a.csv')", "a.csv", "", CSV, ""),
        ("df.to_csv('o.csv')", "", "o.csv", "", ""),
        ("df.to_csv('a.csv', mode='a')", "", "a.csv", CSV, ""),
        ("df.to_csv('o.csv.gz')", "", "o.csv.gz", "", ""),
        ("df['x'].to_csv('o.csv')", "", "o.csv", "", ""),
        ("df.to_json('o.json')", "", "o.json", "", ""),
        ("pd.read_json('o.json')", "o.json", "", "df.to_json('o.json')", ""),
        (
            "pd.read_json('o.json', lines=True)",
            "o.json",
            "",
            "df.to_json('o.json', orient='records', lines=True)",
            "",
        ),
        ("df.to_pickle('o.pkl')", "", "o.pkl", "", ""),
        ("pd.read_pickle('o.pkl')", "o.pkl", "", "df.to_pickle('o.pkl')", ""),
        ("df.to_parquet('o.parquet')", "", "o.parquet", "", "pyarrow"),
        ("pd.read_parquet('o.parquet')", "o.parquet", "", "df.to_parquet('o.parquet')", "pyarrow"),
        (
            "pd.read_parquet('o.parquet')\ndf.to_parquet('o.parquet')",
            "o.parquet",
            "o.parquet",
            "df.to_parquet('o.parquet')",
            "pyarrow",
        ),
        ("df.to_parquet('d', partition_cols=['x'])", "", "d", "", "pyarrow"),
        ("pd.read_parquet('d')", "d", "", "df.to_parquet('d', partition_cols=['x'])", "pyarrow"),
        ("df.to_feather('o.feather')", "", "o.feather", "", "pyarrow"),
        ("pd.read_feather('o.feather')", "o.feather", "", "df.to_feather('o.feather')", "pyarrow"),
        ("df.to_orc('o.orc')", "", "o.orc", "", "pyarrow"),
        ("pd.read_orc('o.orc')", "o.orc", "", "df.to_orc('o.orc')", "pyarrow"),
        ("df.to_stata('o.dta')", "", "o.dta", "", ""),
        ("pd.read_stata('o.dta')", "o.dta", "", "df.to_stata('o.dta')", ""),
        ("df.to_html('o.html')", "", "o.html", "", ""),
        ("df.to_string('o.txt')", "", "o.txt", "", ""),
        ("df.to_excel('o.xlsx')", "", "o.xlsx", "", "openpyxl"),
        ("pd.read_excel('o.xlsx')", "o.xlsx", "", "df.to_excel('o.xlsx')", "openpyxl"),
        ("with pd.ExcelWriter('o.xlsx') as w: df.to_excel(w)", "", "o.xlsx", "", "openpyxl"),
        ("df.to_hdf('o.h5', key='k')", "", "o.h5", "", "tables"),
        ("pd.read_hdf('o.h5')", "o.h5", "", "df.to_hdf('o.h5', key='k')", "tables"),
        ("import sqlite3\ndf.to_sql('t', sqlite3.connect('d.db'))", "", "d.db d.db#t", "", ""),
        (
            "import sqlite3\npd.read_sql('select * from t', sqlite3.connect('d.db'))",
            "d.db d.db#t",
            "",
            "import sqlite3\ndf.to_sql('t', sqlite3.connect('d.db'))",
            "",
        ),
        ("df.to_sql('t', 'sqlite:///d.db')", "", "d.db sqlite:///d.db#t", "", "sqlalchemy"),
        (
            "pd.read_sql('t', 'sqlite:///d.db')",
            "d.db sqlite:///d.db#t",
            "",
            "df.to_sql('t', 'sqlite:///d.db')",
            "sqlalchemy",
        ),
    ]
]

POLARS_CALLS = [
    Call(POLARS + code, reads, writes, prepare=POLARS + prepare, needs="polars")
    for code, reads, writes, prepare in [
        ("pl.read_csv('a.csv')", "a.csv", "", CSV),
        ("pl.scan_csv('a.csv').collect()", "a.csv", "", CSV),
        ("df.write_csv('o.csv')", "", "o.csv", ""),
        ("df.write_parquet('o.parquet')", "", "o.parquet", ""),
        ("pl.read_parquet('o.parquet')", "o.parquet", "", "df.write_parquet('o.parquet')"),
        ("pl.scan_parquet('*.parquet').collect()", "o.parquet", "", "df.write_parquet('o.parquet')"),
        ("df.lazy().sink_parquet('o.parquet')", "", "o.parquet", ""),
        ("df.write_ipc('o.ipc')", "", "o.ipc", ""),
        ("pl.read_ipc('o.ipc')", "o.ipc", "", "df.write_ipc('o.ipc')"),
        ("df.write_json('o.json')", "", "o.json", ""),
        ("pl.read_json('o.json')", "o.json", "", "df.write_json('o.json')"),
        ("df.write_ndjson('o.jsonl')", "", "o.jsonl", ""),
        ("pl.read_ndjson('o.jsonl')", "o.jsonl", "", "df.write_ndjson('o.jsonl')"),
        ("df.write_avro('o.avro')", "", "o.avro", ""),
        ("pl.read_avro('o.avro')", "o.avro", "", "df.write_avro('o.avro')"),
    ]
]

ARROW_CALLS = [
    Call(ARROW + code, reads, writes, prepare=ARROW + prepare, needs="pyarrow")
    for code, reads, writes, prepare in [
        ("import pyarrow.parquet as pq\npq.write_table(t, 'o.parquet')", "", "o.parquet", ""),
        (
            "import pyarrow.parquet as pq\npq.read_table('o.parquet')",
            "o.parquet",
            "",
            "import pyarrow.parquet as pq\npq.write_table(t, 'o.parquet')",
        ),
        (
            "import pyarrow.parquet as pq\npq.ParquetFile('o.parquet').read()",
            "o.parquet",
            "",
            "import pyarrow.parquet as pq\npq.write_table(t, 'o.parquet')",
        ),
        (
            "import pyarrow.parquet as pq\nwith pq.ParquetWriter('o.parquet', t.schema) as w: w.write_table(t)",
            "",
            "o.parquet",
            "",
        ),
        ("import pyarrow.feather as f\nf.write_feather(t, 'o.feather')", "", "o.feather", ""),
        (
            "import pyarrow.feather as f\nf.read_table('o.feather')",
            "o.feather",
            "",
            "import pyarrow.feather as f\nf.write_feather(t, 'o.feather')",
        ),
        ("import pyarrow.csv as pc\npc.read_csv('a.csv')", "a.csv", "", CSV),
        ("from pyarrow import csv\ncsv.read_csv('a.csv')", "a.csv", "", CSV),
        (
            "import pyarrow.dataset as ds\nds.dataset('d').to_table()",
            "d",
            "",
            "import pyarrow.parquet as pq\nimport os\nos.mkdir('d')\npq.write_table(t, 'd/o.parquet')",
        ),
        ("import pyarrow.dataset as ds\nds.write_dataset(t, 'd', format='parquet')", "", "d", ""),
    ]
]

OTHERS = [
    Call(
        "import duckdb\nduckdb.read_csv('a.csv').fetchall()",
        reads="a.csv",
        prepare=CSV,
        needs="duckdb",
    ),
    Call(
        "import duckdb\nduckdb.sql(\"select * from 'a.csv'\").fetchall()",
        reads="a.csv",
        prepare=CSV,
        needs="duckdb",
    ),
    Call("import h5py\nwith h5py.File('o.h5', 'w') as f: f['x'] = [1]", writes="o.h5", needs="h5py"),
    Call("import h5py\nwith h5py.File('o.h5', 'a') as f: f['x'] = [1]", writes="o.h5", needs="h5py"),
    Call(
        "import h5py\nwith h5py.File('o.h5') as f: f['x'][:]",
        reads="o.h5",
        needs="h5py",
        prepare="import h5py\nwith h5py.File('o.h5', 'w') as f: f['x'] = [1]",
    ),
    Call("import joblib\njoblib.dump([1], 'o.joblib')", writes="o.joblib", needs="joblib"),
    Call(
        "import joblib\njoblib.load('o.joblib')",
        reads="o.joblib",
        needs="joblib",
        prepare="import joblib\njoblib.dump([1], 'o.joblib')",
    ),
    Call(
        "from sklearn.datasets import dump_svmlight_file\ndump_svmlight_file([[1.0]], [1], 'o.svm')",
        writes="o.svm",
        needs="sklearn",
    ),
    Call("from PIL import Image\nImage.new('L', (2, 2)).save('o.png')", writes="o.png", needs="PIL"),
    Call(
        "from PIL import Image\nImage.open('o.png').load()",
        reads="o.png",
        needs="PIL",
        prepare="from PIL import Image\nImage.new('L', (2, 2)).save('o.png')",
    ),
    *(
        Call(
            f"import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\nplt.figure()\nplt.savefig('o.{kind}')\nplt.close()",
            writes=f"o.{kind}",
            needs="matplotlib",
        )
        for kind in ("png", "pdf", "svg")
    ),
    Call("import matplotlib.image as mi\nmi.imsave('o.png', [[1.0]])", writes="o.png", needs="matplotlib"),
    Call(
        "import imageio.v3 as iio\niio.imread('o.png')",
        reads="o.png",
        needs="imageio",
        prepare="from PIL import Image\nImage.new('L', (2, 2)).save('o.png')",
    ),
    Call("import scipy.io\nscipy.io.savemat('o.mat', {'a': [1]})", writes="o.mat", needs="scipy"),
    Call(
        "import scipy.io\nscipy.io.loadmat('o.mat')",
        reads="o.mat",
        needs="scipy",
        prepare="import scipy.io\nscipy.io.savemat('o.mat', {'a': [1]})",
    ),
    Call("import scipy.sparse as s\ns.save_npz('o.npz', s.eye(2))", writes="o.npz", needs="scipy"),
    Call(
        "import xarray as xr\nxr.Dataset({'a': ('x', [1])}).to_netcdf('o.nc')", writes="o.nc", needs="xarray"
    ),
    Call(
        "import xarray as xr\nxr.open_dataset('o.nc').load().close()",
        reads="o.nc",
        needs="xarray",
        prepare="import xarray as xr\nxr.Dataset({'a': ('x', [1])}).to_netcdf('o.nc')",
    ),
    Call(
        "import yaml\nyaml.safe_load(open('a.yml'))",
        reads="a.yml",
        needs="yaml",
        prepare="open('a.yml', 'w').close()",
    ),
    Call("import networkx as nx\nnx.write_gml(nx.path_graph(2), 'o.gml')", writes="o.gml", needs="networkx"),
    Call("import openpyxl\nopenpyxl.Workbook().save('o.xlsx')", writes="o.xlsx", needs="openpyxl"),
    Call(
        "import plotly.graph_objects as go\ngo.Figure().write_html('o.html')", writes="o.html", needs="plotly"
    ),
    Call("import fsspec\nwith fsspec.open('o.txt', 'w') as f: f.write('x')", writes="o.txt", needs="fsspec"),
    Call("import cloudpickle\ncloudpickle.dump(1, open('o.pkl', 'wb'))", writes="o.pkl", needs="cloudpickle"),
    Call("import torch\ntorch.save(torch.ones(2), 'o.pt')", writes="o.pt", needs="torch"),
    Call(
        "import torch\ntorch.load('o.pt')",
        reads="o.pt",
        needs="torch",
        prepare="import torch\ntorch.save(torch.ones(2), 'o.pt')",
    ),
    Call(
        "import sqlalchemy as sa\ne = sa.create_engine('sqlite:///d.db')\nwith e.begin() as c: c.execute(sa.text('create table t (x int)'))",
        writes="d.db sqlite:///d.db#t",
        needs="sqlalchemy",
    ),
    Call("from sklearn.datasets import load_wine\nload_wine()", reads="wine_data.csv", needs="sklearn"),
]

UNSEEN = [
    Call("import ctypes\nctypes.CDLL(None).unlink(b'a.csv')", prepare=CSV),
    Call(
        "import sqlite3\nc = sqlite3.connect(':memory:')\nc.execute(\"attach 'd.db' as d\")\nc.execute('create table d.t (x)')\nc.close()"
    ),
    Call("import subprocess, sys\nsubprocess.run([sys.executable, '-c', \"open('o.txt', 'w')\"])"),
    Call(
        ARROW + "import pyarrow.csv as pc\npc.write_csv(t, 'o.csv')",
        writes="o.csv",
        needs="pyarrow",
        wrapped=True,
    ),
    Call("import os\nos.path.exists('a.csv'), os.stat('a.csv')", prepare=CSV),
]

CALLS = [*STANDARD, *NUMPY, *PANDAS, *POLARS_CALLS, *ARROW_CALLS, *OTHERS, *UNSEEN]


@pytest.fixture(scope="module")
def watch() -> Iterator[FileWatch]:
    watch = FileWatch()
    watch.start()
    yield watch
    assert watch.failures == []
    watch.stop()


def run_cell(code: str, number: int, namespace: dict[str, object]) -> None:
    """As IPython does it: compiled under a cell's file name, executed in a module's namespace."""
    builtins.exec(builtins.compile(code, f"<ipython-input-{number}-0123456789ab>", "exec"), namespace)


def shown(seen: object) -> str:
    if isinstance(seen, File):
        path = Path(seen.path).absolute()
        return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else path.name
    return (
        seen.url
        if isinstance(seen, Url)
        else str(seen)
        if isinstance(seen, Table) and seen.connection
        else f"#{seen}"
    )


@pytest.mark.parametrize("number", range(len(CALLS)), ids=lambda n: CALLS[n].code.splitlines()[-1][:60])
def test_what_a_call_touches(
    number: int, watch: FileWatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = CALLS[number]
    for library in call.needs.split():
        pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("helper", None)
    namespace: dict[str, object] = {"__name__": "__main__"}
    builtins.exec(call.prepare, dict(namespace))
    watch.begin(number)
    try:
        run_cell(call.code, number, namespace)
    finally:
        seen = watch.end(number)
    expected = {"read": call.reads, "write": call.writes, "delete": call.deletes}
    if call.wrapped and AVAILABLE:
        pytest.skip("unseen")
    found = {
        mode: " ".join(sorted({shown(s.resource) for s in seen if s.mode in modes}))
        for mode, modes in {"read": ("read",), "write": ("write", "mutate"), "delete": ("delete",)}.items()
    }
    assert found == {mode: " ".join(sorted(names.split())) for mode, names in expected.items()}, seen
    assert all(s.sure for s in seen)
