"""JSON Schema for editors, so that a key in the three files explains itself where it is written.

``python -m consultations.routing.editor_schema config/schemas`` writes them anew.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from consultations.routing.schema import EuActsFile, RoutingFile, SectionsFile

FILES: Mapping[str, type[BaseModel]] = {
    "sections": SectionsFile,
    "routing": RoutingFile,
    "eu-acts": EuActsFile,
}

_FIELDS = "Feltene det gjelder. Utelatt: title, topics, summary og body."
_MATCHES = "Tekster den skal treffe. Prøves av «consultations route --selftest»."
_REJECTS = "Tekster den ikke skal treffe. Prøves av «consultations route --selftest»."

_TOLD: Mapping[str, Mapping[str, str]] = {
    "SectionsFile": {
        "": "Seksjonene i KS og ordene som peker på dem.",
        "sections": "Seksjonene, i den rekkefølgen de vises.",
    },
    "Section": {
        "": "En seksjon, og alt som peker på den.",
        "id": "Små bokstaver og bindestrek. Lagres med avgjørelsene: får seksjonen ny id, skal den "
        "gamle stå i formerly.",
        "name_no": "Navnet på bokmål, slik det vises for folk. Kan endres fritt.",
        "name_en": "Navnet på engelsk.",
        "formerly": "Id-er den har hatt, eller som er slått sammen med den, hver med navnet den "
        "hadde. Gamle saker vises med det navnet og finnes igjen under denne seksjonen.",
        "retired": "true når seksjonen er nedlagt: den beholder navnet for gamle saker, men får "
        "ingen nye og kan ikke ha ord.",
        "remit": "Hva seksjonen har ansvar for, i en setning eller to. For mennesker.",
        "ministries": "Departementer som pleier å sende hit: id-er fra senders i routing.yaml.",
        "directorates": "Direktorater og etater som pleier å sende hit: id-er fra senders.",
        "committees": "Stortingskomiteer som pleier å sende hit: id-er fra senders.",
        "laws": "Lover og forskrifter seksjonen eier. «barnehageloven» kjenner også igjen "
        "barnehagelova, barnehagelov og barnehagelovutvalget.",
        "keywords": "Ord som alene peker hit.",
        "hints": "Ord som bare støtter: de peker hit sammen med noe annet.",
        "boundaries": "Hvor grensen mot andre seksjoner går. For mennesker; reglene for det står i "
        "routing.yaml.",
        "examples": "Titler som skal føre hit. Prøves av «consultations route --selftest».",
    },
    "RoutingFile": {
        "": "Hvordan ord blir til en avgjørelse: vekter, grenser, avsendere, regler og EU/EØS.",
        "weights": "Hva hvert slags ord er verdt.",
        "fields": "Hva det er verdt at ordet står i hvert felt.",
        "thresholds": "Når en seksjon leser med, og når et menneske må velge.",
        "senders": "Avsendere med navnene de har hatt. sections.yaml viser til id-ene.",
        "look_alikes": "Ord som ligner, men ikke skal telle: de stopper kortere ord i å treffe.",
        "rules": "Regler skrevet for hånd, for grensene mellom seksjonene. De kommer i tillegg.",
        "eu": "Når en sak gjelder EU/EØS.",
        "examples": "Hele saker og hva som skal bli avgjort. Prøves av «consultations route "
        "--selftest».",
    },
    "Weights": {
        "": "Poeng for ett ord, før feltets faktor.",
        "law": "En lov fra laws, eller en EU-rettsakt med seksjon.",
        "keyword": "Et ord fra keywords.",
        "hint": "Et ord fra hints.",
        "ministry": "Et departement. Deles på seksjonene det pleier å sende til.",
        "directorate": "Et direktorat eller en etat. Deles på seksjonene.",
        "committee": "En stortingskomité. Deles på seksjonene.",
    },
    "Fields": {
        "": "Et ord teller én gang i hvert felt.",
        "title": "Tittelen.",
        "sender": "Avsenderen.",
        "summary": "Ingressen.",
        "body": "Høringsbrevet og sakene.",
        "topics": "Temaene kilden har satt.",
    },
    "FieldWeight": {
        "": "Hva et felt er verdt.",
        "factor": "Ordets poeng ganges med dette.",
        "cap": "Det meste feltet kan gi én seksjon, så en lang tekst ikke overdøver tittelen.",
    },
    "Thresholds": {
        "": "Grensene en avgjørelse går etter.",
        "second_score": "En annen seksjon leser med når den har minst så mange poeng …",
        "second_share": "… og minst denne delen av poengene til den som leder (0–1).",
        "most_seconds": "Så mange seksjoner leser høyst med.",
        "abstain_score": "Har den som leder mindre enn dette, må et menneske velge.",
        "none_score": "Det samme når svaret er «ikke for KS».",
        "abstain_margin": "Er nummer to nærmere enn denne delen av poengene (0–1), må et menneske "
        "velge.",
        "none_margin": "Det samme når «ikke for KS» leder: å kaste en ekte sak er dyrt.",
        "none_lead": "«Ikke for KS» må ha så mange ganger poengene til den beste seksjonen.",
    },
    "Sender": {
        "": "En som sender høringer, med alle navnene sine.",
        "id": "Kort navn, som sections.yaml viser til.",
        "kind": "ministry er departement, directorate direktorat eller etat, committee "
        "stortingskomité.",
        "names": "Navnene, også de gamle.",
    },
    "ManualRule": {
        "": "En regel skrevet for hånd, med tekster som viser hva den gjør.",
        "id": "Navnet på regelen, slik det vises i forklaringer: grense/drikkevann.",
        "section": "Id-en til seksjonen regelen gir poeng, eller tar poeng fra.",
        "words": "Ordene den leter etter, skrevet som i sections.yaml.",
        "weight": "Poeng før feltets faktor. Mindre enn 0 tar poeng fra seksjonen.",
        "fields": _FIELDS,
        "why": "Grunnen til regelen. For mennesker.",
        "matches": _MATCHES,
        "rejects": _REJECTS,
    },
    "EuRules": {
        "": "Når en sak gjelder EU/EØS.",
        "threshold": "Så mange poeng må tegnene ha til sammen.",
        "act_weight": "Poeng for en rettsakt som er nevnt med navn eller nummer.",
        "mention_weight": "Poeng for en rettsakt som er often_mentioned, utenfor tittel og tema.",
        "body_cap": "Det meste et brev kan gi når ingen av merkene i det er decisive.",
        "marks": "Mønstre som taler om EU- eller EØS-rett uten å nevne en rettsakt.",
        "norwegian_laws": "Norske lover og forskrifter som gjennomfører EU-regler.",
        "outside": "Emner i EU-retten som ikke angår kommunene.",
        "local": "Ord som viser at kommunene likevel er nevnt.",
        "criteria": "Ord som sier hvorfor en sak angår kommunene. Det første som passer, gjelder.",
        "sections": "Kriteriet for sakene i hver seksjon når ingen rettsakt og ingen ord sier noe "
        "annet.",
    },
    "NorwegianLaws": {
        "": "Norske lover og forskrifter som gjennomfører EU-regler, med samme vekt.",
        "words": "Navnene, skrevet som laws i sections.yaml.",
        "weight": "Poeng når en av dem er nevnt. Bare den tyngste i en sak teller.",
    },
    "Outside": {
        "": "Et emne i EU-retten som ikke angår kommunene.",
        "id": "Navnet på emnet, slik det vises i forklaringer.",
        "words": "Ord som viser emnet når de står i tittel eller tema.",
        "matches": _MATCHES,
        "rejects": _REJECTS,
    },
    "CriterionWords": {
        "": "Ord som sier hvorfor en sak angår kommunene.",
        "criterion": "management (de forvalter feltet), duties (nye plikter) eller interest.",
        "words": "Ordene, skrevet som i sections.yaml.",
    },
    "EuMark": {
        "": "Et mønster som taler om EU- eller EØS-rett.",
        "id": "Navnet på merket, slik det vises i forklaringer.",
        "needs": "Minst ett av disse må stå i teksten, i små bokstaver, før mønsteret prøves.",
        "pattern": "Regulært uttrykk. Skriv {0,80} i stedet for * og +.",
        "weight": "Poeng når det treffer.",
        "fields": _FIELDS,
        "decisive": "true når det viser at saken gjelder EU-rett, også om det står i et brev.",
        "matches": _MATCHES,
        "rejects": _REJECTS,
    },
    "DecisionExample": {
        "": "En hel sak og hva som skal bli avgjort.",
        "title": "Tittelen på saken.",
        "sender": "Avsenderen.",
        "summary": "Ingressen.",
        "lead": "Id-en til seksjonen som skal lede.",
        "seconds": "Seksjoner som i hvert fall skal lese med.",
        "brussels": "true når Brussel-kontoret skal få vite om den.",
        "abstained": "true når et menneske skal velge.",
    },
    "EuActsFile": {
        "": "EU-rettsakter under navnene folk bruker.",
        "acts": "Rettsaktene.",
    },
    "NamedAct": {
        "": "En EU-rettsakt, eller flere som har fulgt hverandre under samme navn.",
        "names": "Navnene, skrevet som ord i sections.yaml. Det første vises for folk.",
        "celex": "CELEX-nummer. Ett når navnet bare kan bety én rettsakt; flere når rettsakter har "
        "fulgt hverandre. Utelatt heller enn gjettet.",
        "section": "Id-en til seksjonen som eier rettsakten; gir like mange poeng som en lov. none "
        "når den ikke angår kommunene.",
        "criterion": "Hvorfor den angår kommunene, når det ikke er det vanlige for seksjonen.",
        "often_mentioned": "true når den nevnes i mange andre saker: teller fullt bare i tittel og "
        "tema.",
    },
}
"""What each model (``""``) and each of its keys means, for whoever writes the files."""


def schemas() -> dict[str, str]:
    """Return the content of each schema file by its name."""
    return {f"{name}.schema.json": _schema(model) for name, model in FILES.items()}


def _schema(model: type[BaseModel]) -> str:
    document = model.model_json_schema()
    for name, each in {**document.get("$defs", {}), model.__name__: document}.items():
        if "properties" in each:
            _tell(each, _TOLD[name])
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _tell(schema: dict[str, Any], told: Mapping[str, str]) -> None:
    schema.pop("title", None)
    schema["description"] = told[""]
    for key, each in schema["properties"].items():
        each.pop("title", None)
        each["description"] = told[key]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    for name, content in schemas().items():
        (folder / name).write_text(content, encoding="utf-8")
