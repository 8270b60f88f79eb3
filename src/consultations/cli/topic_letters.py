"""The command that brings dead letters back from Kafka when the database has lost them."""

from contextlib import closing

import click

from consultations import bootstrap
from consultations.bootstrap import Tracker
from consultations.cli.letters import send_again
from consultations.domain.errors import ConfigError, InvalidRecord
from consultations.store import dead_letters
from streams.kafka_log import KafkaLog
from streams.topic_letters import read_back


@click.command("recover")
@click.option("--list", "only_list", is_flag=True, help="Hent dem tilbake, men send ingen på nytt.")
def recover_letters(only_list: bool) -> None:
    """Hent døde brev tilbake fra Kafka, og send de åpne gjennom på nytt."""
    tracker = bootstrap.tracker()
    if tracker.settings.kafka_servers is None:
        raise ConfigError(
            "Uten Kafka finnes de døde brevene bare i databasen: det er ikke noe å hente tilbake. "
            "Se dem med «consultations dead-letters list»."
        )
    count = _put_back(tracker, tracker.settings.kafka_servers)
    click.echo(f"{count} brev er hentet tilbake.")
    if only_list:
        return
    with tracker.database.reading() as session:
        still_open = [letter.id for letter in dead_letters.listed(session)]
    send_again(tracker, sorted(still_open))


def _put_back(tracker: Tracker, servers: str) -> int:
    """Put back what the table does not know, one at a time: a letter may hold a whole page."""
    count = 0
    with closing(KafkaLog(servers)) as log:
        for found in read_back(log):
            if isinstance(found, InvalidRecord):
                click.echo(f"Hoppet over: {found}", err=True)
                continue
            with tracker.database.transaction() as session:
                count += dead_letters.put_back(session, found)
    return count
