"""The commands that tell how it goes: of one process, and of everything."""

import json
import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import click

from consultations import bootstrap
from consultations.bootstrap import examination
from consultations.cli.root import Failure
from consultations.doctor import Light

PROBE_SECONDS = 10

SIGNS = {
    Light.GOOD: "✓ i orden",
    Light.NOTE: "· merk",
    Light.WARNING: "! advarsel",
    Light.RED: "✗ feil",
}


@click.command()
@click.option("--live", is_flag=True, help="Spør bare om prosessen lever.")
def healthy(live: bool) -> None:
    """Spør prosessen på denne maskinen om den er klar, og slutt med 0 eller 1."""
    status, answer = _ask(bootstrap.health_address(), "/livez" if live else "/readyz")
    for name, check in answer.get("checks", {}).items():
        click.echo(f"{name}: {check['says']}")
    if status != HTTPStatus.OK:
        sys.exit(1)
    click.echo("Prosessen lever." if live else "Prosessen er klar.")


def _ask(address: str, path: str) -> tuple[int, dict[str, dict[str, dict[str, str]]]]:
    place = urlsplit(address)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, HTTPException, ValueError) as problem:
        raise Failure(
            f"Ingen prosess svarer på {address} ({problem}). Sjekk at den går, og at "
            "CONSULTATIONS_HEALTH_PORT er den samme her som der."
        ) from problem
    finally:
        connection.close()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Skriv funnene som JSON.")
def doctor(as_json: bool) -> None:
    """Gå gjennom alt tjenesten trenger, og si hva som må rettes. Slutter med 1 hvis noe er feil."""
    found = examination.examine()
    is_red = any(finding.light is Light.RED for _, finding in found)
    if as_json:
        checks = [{"check": name, "light": f.light, "says": f.says} for name, f in found]
        click.echo(json.dumps({"ok": not is_red, "checks": checks}, ensure_ascii=False, indent=2))
    else:
        for name, finding in found:
            says = finding.says.rstrip(".")
            click.echo(f"{SIGNS[finding.light]:<11} {name + ':':<14} {says}.")
    if is_red:
        sys.exit(1)
