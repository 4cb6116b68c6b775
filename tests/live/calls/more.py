# ruff: noqa: E501 -- a row of a table is one line
"""Calls of still more libraries."""

from tests.live.calls.call import ARRAY, ARROW, CSV, FRAME, POLARS, Call

ZARR = "import numpy as np\nimport zarr\na = np.arange(3)\n"
NC = "import netCDF4\nd = netCDF4.Dataset('o.nc', 'w')\nd.createDimension('x', 2)\nd.createVariable('v', 'f8', ('x',))[:] = [1, 2]\nd.close()\n"
TABLES = "import tables\nf = tables.open_file('o.h5', 'w')\nf.create_array('/', 'a', [1, 2])\nf.close()\n"
BOOK = "import openpyxl\nb = openpyxl.Workbook()\nb.active['A1'] = 1\nb.save('o.xlsx')\n"
PNG = "from PIL import Image\nImage.new('RGB', (2, 2)).save('o.png')\n"
PARQUET = "import pandas as pd\npd.DataFrame({'x': [1, 2]}).to_parquet('a.parquet')\n"
DUCK = "import duckdb\n"
SVM = "from sklearn.datasets import dump_svmlight_file\ndump_svmlight_file([[1.0]], [1], 'o.svm')\n"
MODEL = "import numpy as np\nimport xgboost as xgb\nm = xgb.XGBRegressor(n_estimators=1).fit(np.eye(4), np.arange(4))\n"
BOOST = "import numpy as np\nimport lightgbm as lgb\nm = lgb.train({'verbose': -1, 'min_data': 1}, lgb.Dataset(np.eye(4), np.arange(4)), 1)\n"
TENSORS = "import numpy as np\nfrom safetensors.numpy import load_file, save_file\n"

LIBRARY = [
    Call(
        "import tarfile\nwith tarfile.open('o.tar') as t: t.extractall('d', filter='data')",
        "o.tar",
        "d d/a.csv",
        prepare=CSV + "import tarfile\nwith tarfile.open('o.tar', 'w') as t: t.add('a.csv')",
    ),
    Call(
        "import lzma\nlzma.open('o.xz').read()",
        reads="o.xz",
        prepare="import lzma\nlzma.open('o.xz', 'w').close()",
    ),
    Call(
        "import bz2\nbz2.open('o.bz2').read()",
        reads="o.bz2",
        prepare="import bz2\nbz2.open('o.bz2', 'w').close()",
    ),
    Call("import json\njson.load(open('a.json'))", reads="a.json", prepare="open('a.json', 'w').write('1')"),
    Call(
        "import pickle\npickle.load(open('a.pkl', 'rb'))",
        reads="a.pkl",
        prepare="import pickle\npickle.dump(1, open('a.pkl', 'wb'))",
    ),
    Call("import csv\nwith open('o.csv', 'w') as f: csv.writer(f).writerow([1])", writes="o.csv"),
    Call(
        "import xml.etree.ElementTree as ET\nET.parse('a.xml')",
        reads="a.xml",
        prepare="open('a.xml', 'w').write('<a/>')",
    ),
    Call(
        "import xml.etree.ElementTree as ET\nET.ElementTree(ET.Element('a')).write('o.xml')", writes="o.xml"
    ),
    Call("import marshal\nmarshal.dump(1, open('o.bin', 'wb'))", writes="o.bin"),
    Call(
        "import wave\nw = wave.open('o.wav', 'wb')\nw.setnchannels(1)\nw.setsampwidth(1)\nw.setframerate(8)\nw.writeframes(b'x')\nw.close()",
        writes="o.wav",
    ),
    Call(
        "import shutil\nshutil.unpack_archive('o.zip', 'd')",
        "o.zip",
        "d d/a.csv",
        prepare=CSV + "import zipfile\nwith zipfile.ZipFile('o.zip', 'w') as z: z.write('a.csv')",
    ),
    Call(
        "import urllib.request, pathlib\nurllib.request.urlopen(pathlib.Path('a.csv').absolute().as_uri()).read()",
        reads="a.csv",
        prepare=CSV,
    ),
    Call("import os\nos.makedirs('d')\nos.rmdir('d')"),
    Call("import os\nos.removedirs('d/e')", deletes="d d/e", prepare="import os\nos.makedirs('d/e')"),
    Call(
        "import tempfile, os\nfd, p = tempfile.mkstemp(dir='.')\nos.close(fd)\nos.replace(p, 'o.txt')",
        writes="o.txt",
    ),
    Call(
        "import sqlite3\na = sqlite3.connect('a.db')\nb = sqlite3.connect('b.db')\na.backup(b)\na.close()\nb.close()",
        "a.db",
        "b.db",
        prepare="import sqlite3; c = sqlite3.connect('a.db'); c.execute('create table t (x)'); c.close()",
    ),
    Call(
        "import multiprocessing as mp\np = mp.get_context('fork').Process(target=lambda: open('o.txt', 'w').write('x'))\np.start()\np.join()",
        unseen="o.txt",
    ),
    Call(
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as p: list(p.map(lambda n: open(n, 'w').write('x'), ['a.txt', 'b.txt']))",
        writes="a.txt b.txt",
    ),
    Call(
        "import asyncio\nasyncio.run(asyncio.to_thread(lambda: open('o.txt', 'w').write('x')))",
        writes="o.txt",
    ),
]

FRAMES = [
    Call(FRAME + code, reads, writes, prepare=FRAME + prepare, needs="pandas " + needs)
    for code, reads, writes, prepare, needs in [
        ("df.to_xml('o.xml')", "", "o.xml", "", "lxml"),
        ("pd.read_xml('o.xml')", "o.xml", "", "df.to_xml('o.xml')", "lxml"),
        ("pd.read_html('o.html')", "o.html", "", "df.to_html('o.html')", "lxml"),
        ("df.to_latex('o.tex')", "", "o.tex", "", "jinja2"),
        ("df.to_markdown('o.md')", "", "o.md", "", "tabulate"),
        ("df.to_excel('o.xlsx', engine='xlsxwriter')", "", "o.xlsx", "", "xlsxwriter"),
        ("df.to_parquet('o.parquet', engine='fastparquet')", "", "o.parquet", "", "fastparquet"),
        (
            "pd.read_parquet('o.parquet', engine='fastparquet')",
            "o.parquet",
            "",
            "df.to_parquet('o.parquet', engine='fastparquet')",
            "fastparquet",
        ),
        ("pd.read_csv('o.csv.gz')", "o.csv.gz", "", "df.to_csv('o.csv.gz')", ""),
        ("list(pd.read_csv('o.csv', chunksize=1))", "o.csv", "", "df.to_csv('o.csv')", ""),
        ("with pd.HDFStore('o.h5', 'w') as s: s['k'] = df", "", "o.h5", "", "tables"),
        ("with pd.HDFStore('o.h5', 'r') as s: s['k']", "o.h5", "", "df.to_hdf('o.h5', key='k')", "tables"),
        ("import fastparquet as fp\nfp.write('o.parquet', df)", "", "o.parquet", "", "fastparquet"),
        (
            "import fastparquet as fp\nfp.ParquetFile('o.parquet').to_pandas()",
            "o.parquet",
            "",
            "df.to_parquet('o.parquet')",
            "fastparquet pyarrow",
        ),
    ]
]

BYPASSING = [
    Call(POLARS + "df.write_excel('o.xlsx')", writes="o.xlsx", needs="polars xlsxwriter"),
    Call(POLARS + "df.lazy().sink_csv('o.csv')", writes="o.csv", needs="polars"),
    Call(
        POLARS + "pl.scan_csv('a.csv').sink_parquet('o.parquet')",
        "a.csv",
        "o.parquet",
        prepare=CSV,
        needs="polars",
    ),
    Call(POLARS + "pl.read_csv(open('a.csv', 'rb'))", "a.csv", prepare=CSV, needs="polars"),
    Call(
        POLARS + "pl.read_parquet_schema('a.parquet')",
        "a.parquet",
        prepare=PARQUET,
        needs="polars pandas pyarrow",
    ),
    Call(ARROW + "import pyarrow.orc as o\no.write_table(t, 'o.orc')", writes="o.orc", needs="pyarrow"),
    Call(
        ARROW + "import pyarrow.orc as o\no.read_table('o.orc')",
        reads="o.orc",
        prepare=ARROW + "import pyarrow.orc as o\no.write_table(t, 'o.orc')",
        needs="pyarrow",
    ),
    Call(
        ARROW + "import pyarrow.json as j\nj.read_json('a.jsonl')",
        reads="a.jsonl",
        prepare="open('a.jsonl', 'w').write('{\"x\": 1}\\n')",
        needs="pyarrow",
    ),
    Call(
        ARROW + "with pa.OSFile('o.bin', 'wb') as f: f.write(b'x')",
        only="3.12",
        writes="o.bin",
        needs="pyarrow",
    ),
    Call(ARROW + "with pa.memory_map('a.csv') as f: f.read()", reads="a.csv", prepare=CSV, needs="pyarrow"),
    Call(
        ARROW + "with pa.ipc.new_file('o.arrow', t.schema) as w: w.write(t)",
        writes="o.arrow",
        needs="pyarrow",
    ),
    Call(
        ARROW + "import pyarrow.parquet as pq\npq.read_schema('a.parquet')",
        reads="a.parquet",
        prepare=PARQUET,
        needs="pyarrow pandas",
    ),
    Call(ARROW + "import pyarrow.parquet as pq\npq.write_to_dataset(t, 'd')", writes="d", needs="pyarrow"),
    Call(
        ARROW + "from pyarrow import fs\nfs.LocalFileSystem().open_input_file('a.csv').read()",
        unseen="a.csv",
        prepare=CSV,
        needs="pyarrow",
    ),
    Call(DUCK + "duckdb.sql(\"copy (select 1 as x) to 'o.csv'\")", writes="o.csv", needs="duckdb"),
    Call(
        DUCK + "duckdb.sql(\"copy (select 1 as x) to 'o.parquet' (format parquet)\")",
        writes="o.parquet",
        needs="duckdb",
    ),
    Call(
        DUCK + "duckdb.read_parquet('a.parquet').fetchall()",
        reads="a.parquet",
        prepare=PARQUET,
        needs="duckdb pandas pyarrow",
    ),
    Call(
        DUCK + "duckdb.sql(\"select * from read_csv('a.csv')\").fetchall()",
        reads="a.csv",
        prepare=CSV,
        needs="duckdb",
    ),
    Call(
        DUCK + "duckdb.connect('o.duckdb').close()",
        unseen="o.duckdb",
        needs="duckdb",
    ),
    Call(DUCK + "duckdb.sql('select 1 as x').write_csv('o.csv')", writes="o.csv", needs="duckdb"),
    Call(DUCK + "duckdb.sql('select 1 as x').write_parquet('o.parquet')", writes="o.parquet", needs="duckdb"),
    Call(
        "import h5py\nf = h5py.File('o.h5', 'r+')\nf['x'][0] = 5\nf.close()",
        writes="o.h5",
        prepare="import h5py\nwith h5py.File('o.h5', 'w') as f: f['x'] = [1]",
        needs="h5py",
    ),
    Call(NC, only="3.12", writes="o.nc", needs="netCDF4"),
    Call(
        "import netCDF4\nd = netCDF4.Dataset('o.nc')\nd['v'][:]\nd.close()",
        only="3.12",
        reads="o.nc",
        prepare=NC,
        needs="netCDF4",
    ),
    Call(
        "import xarray as xr\nxr.open_mfdataset('*.nc', combine='by_coords')",
        reads="o.nc",
        prepare=NC,
        needs="netCDF4 xarray dask",
    ),
    Call("import xarray as xr\nxr.load_dataset('o.nc')", reads="o.nc", prepare=NC, needs="netCDF4 xarray"),
    Call(TABLES, writes="o.h5", needs="tables"),
    Call(
        "import tables\nf = tables.open_file('o.h5')\nf.root.a[:]\nf.close()",
        reads="o.h5",
        prepare=TABLES,
        needs="tables",
    ),
    Call(ZARR + "zarr.save('o.zarr', a)", writes="o.zarr o.zarr/c o.zarr/c/0 o.zarr/zarr.json", needs="zarr"),
    Call(
        ZARR + "zarr.load('o.zarr')",
        reads="o.zarr o.zarr/.zarray o.zarr/.zattrs o.zarr/c/0 o.zarr/zarr.json",
        prepare=ZARR + "zarr.save('o.zarr', a)",
        needs="zarr",
    ),
    Call(
        ZARR + "zarr.open('o.zarr', mode='r')[:]",
        reads="o.zarr o.zarr/.zarray o.zarr/.zattrs o.zarr/c/0 o.zarr/zarr.json",
        prepare=ZARR + "zarr.save('o.zarr', a)",
        needs="zarr",
    ),
    Call(
        TENSORS + "save_file({'a': np.ones(2)}, 'o.safetensors')", writes="o.safetensors", needs="safetensors"
    ),
    Call(
        TENSORS + "load_file('o.safetensors')",
        reads="o.safetensors",
        prepare=TENSORS + "save_file({'a': np.ones(2)}, 'o.safetensors')",
        needs="safetensors",
    ),
    Call(
        "from safetensors import safe_open\nwith safe_open('o.safetensors', 'np') as f: f.get_tensor('a')",
        only="3.12",
        reads="o.safetensors",
        prepare=TENSORS + "save_file({'a': np.ones(2)}, 'o.safetensors')",
        needs="safetensors",
    ),
    Call("import cv2\ncv2.imread('o.png')", reads="o.png", prepare=PNG, needs="cv2 PIL"),
    Call(ARRAY + "import cv2\ncv2.imwrite('o.png', a.reshape(2, 3))", writes="o.png", needs="cv2"),
    Call(MODEL + "m.save_model('o.json')", writes="o.json", needs="xgboost"),
    Call(
        MODEL + "m.load_model('o.json')",
        reads="o.json",
        prepare=MODEL + "m.save_model('o.json')",
        needs="xgboost",
    ),
    Call(BOOST + "m.save_model('o.txt')", writes="o.txt", needs="lightgbm"),
    Call(
        BOOST + "lgb.Booster(model_file='o.txt')",
        reads="o.txt",
        prepare=BOOST + "m.save_model('o.txt')",
        needs="lightgbm",
    ),
]

THROUGH_OPEN = [
    Call(
        "import xlsxwriter\nb = xlsxwriter.Workbook('o.xlsx')\nb.add_worksheet().write('A1', 1)\nb.close()",
        writes="o.xlsx",
        needs="xlsxwriter",
    ),
    Call("import openpyxl\nopenpyxl.load_workbook('o.xlsx')", reads="o.xlsx", prepare=BOOK, needs="openpyxl"),
    Call(
        "from lxml import etree\netree.parse('a.xml')",
        reads="a.xml",
        prepare="open('a.xml', 'w').write('<a/>')",
        needs="lxml",
    ),
    Call(
        "from lxml import etree\netree.ElementTree(etree.Element('a')).write('o.xml')",
        unseen="o.xml",
        needs="lxml",
    ),
    Call("import yaml\nyaml.safe_dump({'a': 1}, open('o.yml', 'w'))", writes="o.yml", needs="yaml"),
    Call(
        "import numpy as np, imageio.v3 as iio\niio.imwrite('o.png', np.zeros((2, 2, 3), 'uint8'))",
        writes="o.png",
        needs="imageio",
    ),
    Call(
        "import numpy as np, imageio\nimageio.mimsave('o.gif', [np.zeros((2, 2), 'uint8')])",
        writes="o.gif",
        needs="imageio",
    ),
    Call("import matplotlib.image as mi\nmi.imread('o.png')", reads="o.png", prepare=PNG, needs="matplotlib"),
    Call(ARRAY + "import scipy.io.wavfile as w\nw.write('o.wav', 8, a)", writes="o.wav", needs="scipy"),
    Call(
        "import scipy.io as sio, scipy.sparse as s\nsio.mmwrite('o.mtx', s.eye(2))",
        writes="o.mtx",
        needs="scipy",
    ),
    Call(
        "import scipy.io as sio\nsio.mmread('o.mtx')",
        reads="o.mtx",
        prepare="import scipy.io as sio, scipy.sparse as s\nsio.mmwrite('o.mtx', s.eye(2))",
        needs="scipy",
    ),
    Call(
        "from sklearn.datasets import load_svmlight_file\nload_svmlight_file('o.svm')",
        reads="o.svm",
        prepare=SVM,
        needs="sklearn",
    ),
    Call(
        "from sklearn.datasets import load_files\nload_files('d')",
        reads="d d/c d/c/f",
        prepare="import os\nos.makedirs('d/c')\nopen('d/c/f', 'w').close()",
        needs="sklearn",
    ),
    Call("import fsspec\nfsspec.open('a.csv').open().read()", reads="a.csv", prepare=CSV, needs="fsspec"),
    Call(
        "import fsspec\nfsspec.filesystem('file').rm('a.csv')", deletes="a.csv", prepare=CSV, needs="fsspec"
    ),
    Call(
        "import networkx as nx\nnx.read_edgelist('a.txt')",
        reads="a.txt",
        prepare="open('a.txt', 'w').write('1 2')",
        needs="networkx",
    ),
    Call(
        "import seaborn as sns\nimport matplotlib\nmatplotlib.use('agg')\nsns.lineplot(x=[1, 2], y=[1, 2]).figure.savefig('o.png')",
        writes="o.png",
        needs="seaborn",
    ),
    Call("import torch\ntorch.save({'a': 1}, open('o.pt', 'wb'))", writes="o.pt", needs="torch"),
    Call(
        "import torch\ntorch.jit.save(torch.jit.script(torch.nn.Linear(2, 1)), 'o.pt')",
        writes="o.pt",
        needs="torch",
    ),
    Call(
        "import torch, numpy as np\ntorch.from_file('a.bin', size=6, dtype=torch.float64)",
        reads="a.bin",
        prepare=ARRAY + "a.tofile('a.bin')",
        needs="torch",
    ),
]

MORE = [*LIBRARY, *FRAMES, *BYPASSING, *THROUGH_OPEN]
