"""A small town in CIM, written the way exporters do."""

from pathlib import Path
from xml.sax.saxutils import escape

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<rdf:RDF xmlns:cim="http://iec.ch/TC57/CIM100#" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:md="http://iec.ch/TC57/61970-552/ModelDescription/1#">\n'
)


class Town:
    """Writes CIM objects the way exporters do."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def add(self, kind: str, identifier: str, **properties: object) -> None:
        """A property that begins with ``@`` refers to another object."""
        lines = []
        for name, value in properties.items():
            key = name.replace("__", ".")
            if str(value).startswith("@"):
                lines.append(f'  <cim:{key} rdf:resource="#_{str(value)[1:]}"/>')
            else:
                lines.append(f"  <cim:{key}>{escape(str(value))}</cim:{key}>")
        self.parts.append(f'<cim:{kind} rdf:ID="_{identifier}">\n' + "\n".join(lines) + f"\n</cim:{kind}>\n")

    def node(self, identifier: str, name: str = "") -> None:
        self.add("ConnectivityNode", identifier, IdentifiedObject__name=name or identifier)

    def equipment(self, kind: str, identifier: str, *nodes: str, **properties: object) -> None:
        self.add(kind, identifier, IdentifiedObject__name=identifier.lower(), **properties)
        for number, node in enumerate(nodes, start=1):
            self.add(
                "Terminal",
                f"{identifier}_T{number}",
                Terminal__ConductingEquipment=f"@{identifier}",
                Terminal__ConnectivityNode=f"@{node}",
                ACDCTerminal__sequenceNumber=number,
            )

    def text(self) -> str:
        return HEAD + "".join(self.parts) + "</rdf:RDF>\n"

    def write(self, path: Path) -> Path:
        path.write_text(self.text(), encoding="utf-8")
        return path


def small_town() -> Town:
    town = Town()
    for level, volts in (("HV", 10000.0), ("LV", 400.0)):
        town.add("BaseVoltage", level, BaseVoltage__nominalVoltage=volts)
    for node in ("BUS", "A", "B", "C", "LOW"):
        town.node(node)
    base = {"ConductingEquipment__BaseVoltage": "@HV"}
    town.equipment("EnergySource", "GRID", "BUS", EnergySource__nominalVoltage=10000.0, **base)
    town.equipment("Breaker", "QF1", "BUS", "A", Switch__normalOpen="false", Switch__ratedCurrent=400.0, **base)
    town.equipment(
        "ACLineSegment", "L1", "A", "B", Conductor__length=1500.0, PowerSystemResource__Location="@LOC", **base
    )
    town.equipment("Fuse", "F1", "B", "C", Switch__normalOpen="true", **base)
    town.equipment("PowerTransformer", "T1", "B", "LOW")
    for number, level in enumerate(("HV", "LV"), start=1):
        town.add(
            "PowerTransformerEnd",
            f"T1_E{number}",
            PowerTransformerEnd__PowerTransformer="@T1",
            PowerTransformerEnd__ratedS=400000.0,
            TransformerEnd__endNumber=number,
            TransformerEnd__BaseVoltage=f"@{level}",
            TransformerEnd__Terminal=f"@T1_T{number}",
        )
    town.equipment("EnergyConsumer", "STREET", "LOW", EnergyConsumer__customerCount=42, EnergyConsumer__p=80000.0,
                   EnergyConsumer__q=60000.0)  # fmt: skip
    town.equipment("EnergyConsumer", "MILL", "C", EnergyConsumer__customerCount=1, EnergyConsumer__p=300000.0, **base)
    town.add("Location", "LOC")
    for number, (x, y) in enumerate(((1.0, 2.0), (3.0, 4.0)), start=1):
        town.add(
            "PositionPoint",
            f"P{number}",
            PositionPoint__sequenceNumber=number,
            PositionPoint__xPosition=x,
            PositionPoint__yPosition=y,
            PositionPoint__Location="@LOC",
        )
    town.add("Feeder", "FDR", IdentifiedObject__name="east", Feeder__NormalHeadTerminal="@QF1_T1")
    return town
