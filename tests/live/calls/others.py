# ruff: noqa: E501 -- a row of a table is one line
"""Calls of other libraries, and calls of which nothing is seen."""

from tests.live.calls.call import ARROW, CSV, Call

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
    Call("import ctypes\nctypes.CDLL(None).unlink(b'a.csv')", prepare=CSV, unseen="a.csv"),
    Call(
        "import sqlite3\nc = sqlite3.connect(':memory:')\nc.execute(\"attach 'd.db' as d\")\nc.execute('create table d.t (x)')\nc.close()",
        unseen="d.db",
    ),
    Call(
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', \"open('o.txt', 'w')\"])",
        unseen="o.txt",
    ),
    Call(
        ARROW + "import pyarrow.csv as pc\npc.write_csv(t, 'o.csv')",
        writes="o.csv",
        needs="pyarrow",
        only="3.11",
    ),
    Call("import os\nos.path.exists('a.csv'), os.stat('a.csv')", prepare=CSV),
]
