# ruff: noqa: E501 -- a row of a table is one line
"""Calls of numpy, pandas, polars and pyarrow."""

from tests.live.calls.call import ARRAY, ARROW, CSV, FRAME, POLARS, Call

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
