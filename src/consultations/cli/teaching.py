"""The commands that measure routing and teach it new words."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consultations import bootstrap
from consultations.bootstrap import teaching
from consultations.cli.root import Failure
from consultations.routing import RuleSet
from consultations.routing.labelled import LabelledMatter, data_hash, read_labelled
from consultations.routing.model import Model

if TYPE_CHECKING:
    from consultations.routing.evaluation import Scorecard

_IN_SAMPLE = (
    "Merk: modellen har lært av disse sakene, så tallene er for gode. "
    "Ta med --cross-validate for ærlige tall."
)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--cross-validate",
    "crossed",
    is_flag=True,
    help="Avgjør hver tiendedel med ord lært av resten, og vis enklere metoder ved siden av.",
)
@click.option("--misses", is_flag=True, help="Vis også hver sak som ble feil, og ordene som talte.")
def evaluate(file: Path, *, crossed: bool, misses: bool) -> None:
    """Mål hvor ofte fordelingen er riktig på saker med fasit (JSON-linjer)."""
    from consultations.cli import scorecards  # noqa: PLC0415 - NumPy and SciPy are for these alone
    from consultations.routing import evaluation  # noqa: PLC0415

    rules = bootstrap.rules()
    matters = read_labelled(file, rules.life)
    others: dict[str, Scorecard] = {}
    if crossed:
        card, others = _crossed(matters, rules)
    else:
        card = evaluation.scorecard(matters, evaluation.installed(rules))
        if rules.model and _learned_from(file, matters, rules.model):
            click.echo(_IN_SAMPLE, err=True)
    told = scorecards.misses(card) if misses else ()
    for line in (*scorecards.report(card, others), *told):
        click.echo(line)


def _learned_from(file: Path, matters: Sequence[LabelledMatter], model: Model) -> bool:
    """Tell whether a model has seen these answers: with corrections too its hash is another."""
    from consultations.routing.evaluation import held_out  # noqa: PLC0415

    to_learn, _ = held_out(matters)
    is_ours = file.resolve() == teaching.labelled_file().resolve()
    return is_ours or model.trained_on == data_hash(to_learn)


def _crossed(
    matters: Sequence[LabelledMatter], rules: RuleSet
) -> "tuple[Scorecard, dict[str, Scorecard]]":
    from consultations.routing import evaluation  # noqa: PLC0415

    label = "Måler"
    with click.progressbar(length=2 * evaluation.FOLDS, label=label, file=sys.stderr) as bar:

        def on_part() -> None:
            bar.update(1)

        bare = replace(rules, model=None)
        taught = evaluation.cross_validated(matters, rules, on_part=on_part)
        linear = evaluation.cross_validated(matters, rules, evaluation.keyword_baseline, on_part)
        keywords = evaluation.scorecard(matters, evaluation.keyword_baseline(bare))
        alone = evaluation.scorecard(matters, evaluation.installed(bare))
    baselines = {"nøkkelord": keywords, "nøkkelord + ord": linear}
    if rules.model is None:
        return alone, {"med lærte ord": taught, **baselines}
    return taught, {"regler alene": alone, **baselines}


@click.command()
@click.option(
    "--even-if-worse", is_flag=True, help="Ta den nye modellen i bruk selv om den er dårligere."
)
def train(*, even_if_worse: bool) -> None:
    """Lær nye ord av saker med fasit og av rettelser, og bruk dem hvis de er til det bedre."""
    from consultations.cli import scorecards  # noqa: PLC0415
    from consultations.routing import evaluation, training  # noqa: PLC0415

    tracker = bootstrap.tracker()
    rules = tracker.rules
    bare = evaluation.installed(replace(rules, model=None))
    corrected = teaching.corrected(tracker.database, rules)
    matters = (*teaching.labelled(rules), *corrected)
    to_learn, to_test = evaluation.held_out(matters)
    click.echo(
        f"{len(matters)} saker med fasit, {len(corrected)} av dem rettet av mennesker. "
        f"{len(to_test)} er holdt utenfor for å måle med."
    )
    model = training.train(to_learn, rules, bare)
    old = evaluation.scorecard(to_test, evaluation.installed(rules))
    new = evaluation.scorecard(to_test, evaluation.installed(replace(rules, model=model)))
    for line in scorecards.compared(old, new):
        click.echo(line)
    worse = evaluation.shortcomings(new, old)
    if worse and not even_if_worse:
        raise Failure(
            f"Den nye modellen er dårligere: {', '.join(worse)}. Den gamle står. "
            "Ta med --even-if-worse for å bruke den nye likevel."
        )
    path = teaching.install(model)
    click.echo(f"{len(model.words)} lærte ord står i {path}. De gjelder fra neste start.")
