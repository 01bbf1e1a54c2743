"""A small town in the tables of pandapower, and a smaller one in SimBench's."""

import csv
import json
from pathlib import Path

from openpyxl import Workbook

TABLES = {
    "bus": """id,name,vn_kv,in_service,geo
0,Station,10.0,True,"{""coordinates"":[1.5, 2.5], ""type"":""Point""}"
1,Pole,10.0,True,
2,End,10.0,True,
3,Low,0.4,True,
""",
    "line": """id,name,from_bus,to_bus,length_km,max_i_ka,std_type,in_service
0,Main,0,1,1.5,0.2,NA2XS2Y 1x95,True
1,Branch,1,2,0.5,,94-AL1/15-ST1A 10.0,True
2,Spare,0,2,9.0,,,False
""",
    "trafo": """id,name,hv_bus,lv_bus,sn_mva,vn_hv_kv,vn_lv_kv
0,T1,1,3,0.4,10.0,0.4
""",
    "switch": """id,bus,element,et,type,closed,name
0,0,0,l,CB,True,QF1
1,0,0,l,DS,True,QS1
2,1,1,l,LBS,True,QL1
3,2,1,l,LBS,False,QL2
4,1,0,t,,True,FU1
5,0,2,b,LS,False,TIE
6,0,2,l,LBS,True,SPARE
""",
    "load": """id,name,bus,p_mw,q_mvar,sn_mva,in_service
0,Street,3,0.03,0.04,,True
1,Mill,2,0.3,0.0,0.5,True
2,Gone,2,0.3,0.0,0.5,False
""",
    "ext_grid": "id,name,bus\n0,Grid,0\n",
}

SIMBENCH = {
    "Coordinates": "id;x;y\nc0;11.0;53.0\n",
    "Node": "id;type;vmR;coordID\nStation;busbar;20;c0\nEnd;busbar;20;NULL\nEnd_1;auxiliary;20;NULL\n",
    "LineType": "id;r;x;b;iMax;type\nCable;0.1;0.1;0;400;cable\n",
    "Line": "id;nodeA;nodeB;type;length\nL1;Station;End_1;Cable;2.5\n",
    "Switch": "id;nodeA;nodeB;type;cond\nS1;End_1;End;LBS;0\n",
    "Load": "id;node;profile;pLoad;qLoad;sR\nVillage;End;x;0.3;0.4;0.6\n",
    "ExternalNet": "id;node;calc_type\nGrid;Station;vavm\n",
}


def write(folder: Path, tables: dict[str, str]) -> Path:
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def as_json(tables: dict[str, str]) -> str:
    """The tables as pandapower saves them: data frames in split orientation, as text inside JSON."""
    saved = {}
    for name, text in tables.items():
        rows = list(csv.reader(text.splitlines()))
        columns = rows[0][1:]
        frame = {"columns": columns, "index": [int(row[0]) for row in rows[1:]], "data": []}
        for row in rows[1:]:
            frame["data"].append([_typed(cell) for cell in row[1:]])
        saved[name] = {"_module": "pandas.core.frame", "_class": "DataFrame", "_object": json.dumps(frame)}
    return json.dumps({"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": saved})


def as_workbook(tables: dict[str, str], path: Path) -> Path:
    """The tables as pandapower saves them in Excel: a sheet for each, its index under no heading."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, text in tables.items():
        sheet = workbook.create_sheet(name)
        rows = list(csv.reader(text.splitlines()))
        sheet.append([None, *rows[0][1:]])
        for row in rows[1:]:
            sheet.append([_typed(cell) for cell in row])
    workbook.save(path)
    return path


def _typed(cell: str) -> object:
    if cell in ("True", "False"):
        return cell == "True"
    if cell == "":
        return None
    try:
        return float(cell)
    except ValueError:
        return cell
