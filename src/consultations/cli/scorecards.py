"""Shows in Norwegian how often routing is right."""

from collections.abc import Iterable, Iterator, Mapping

from consultations.alerts.text import plain
from consultations.cli.layout import quoted
from consultations.routing.evaluation import ABSTAINED_SHARES, Scorecard, Share

_NAME = 38


def report(card: Scorecard, others: Mapping[str, Scorecard]) -> Iterator[str]:
    """Yield everything there is to say of a scorecard, and how other ways of routing did."""
    yield f"{len(card.judged)} saker med fasit. I parentes: 95 % konfidensintervall."
    yield ""
    yield from _figures(card)
    if others:
        yield ""
        yield from _beside({"sporeren": card, **others})
    for table in (_certainty, _sections, _confusion):
        yield ""
        yield from table(card)


def compared(old: Scorecard, new: Scorecard) -> Iterator[str]:
    """Yield what an old and a new model find of each section's matters."""
    yield f"{'seksjon':24}{'saker':>6}{'før':>8}{'nå':>8}"
    for section in old.sections():
        before, after = old.recall(section), new.recall(section)
        if before.total:
            yield f"{section:24}{before.total:6}{before.hits:8}{after.hits:8}"
    yield f"{'alle':24}{old.lead.total:6}{old.lead.hits:8}{new.lead.hits:8}"


def misses(card: Scorecard) -> Iterator[str]:
    """Yield each matter that went wrong, with the words that counted."""
    for one in card.judged:
        matter, decision = one.matter, one.decision
        if one.has_lead and decision.brussels == matter.brussels:
            continue
        yield ""
        yield plain(f"{matter.id}: {matter.title} ({matter.sender or 'uten avsender'})")
        yield f"  fasit {matter.primary_section}{_and(matter.secondary_sections, matter.brussels)}"
        yield f"  avgjort {decision.lead}{_and(decision.seconds, decision.brussels)}"
        for found in (*decision.evidence, *decision.eu_evidence):
            yield f"    {found.weight:6.2f} {found.section}: {quoted(found.quote)} ({found.rule})"


def _and(seconds: Iterable[str], brussels: bool) -> str:
    return "".join(f", {section}" for section in seconds) + (", EU/EØS" if brussels else "")


def _figures(card: Scorecard) -> Iterator[str]:
    """Yield the table of one scorecard, line by line."""
    rows = {
        "riktig seksjon": card.lead,
        "riktig seksjon eller en medlesende": card.lead_or_second,
        "riktig seksjon, av ekte saker": card.lead_of_real,
        "overlatt til et menneske": card.abstained,
        "riktig seksjon, av det som ikke er det": card.lead_when_sure,
        "ekte saker kastet som «none»": card.real_lost,
        "rett når svaret er «none»": card.none_precision,
        "EU/EØS: rett når Brussel varsles": card.brussels_precision,
        "EU/EØS: funnet av det Brussel skal ha": card.brussels_recall,
    }
    for name, share in rows.items():
        yield f"{name:{_NAME}} {_share(share)}"


def _beside(cards: Mapping[str, Scorecard]) -> Iterator[str]:
    """Yield the same figures of several routers, side by side."""
    width = max(len(name) for name in cards) + 2
    yield f"{'':{_NAME}}" + "".join(f"{name:>{width}}" for name in cards)
    shares = {
        "riktig seksjon": [card.lead for card in cards.values()],
        "riktig seksjon eller en medlesende": [card.lead_or_second for card in cards.values()],
    }
    for name, found in shares.items():
        yield f"{name:{_NAME}}" + "".join(f"{share.value:{width}.2f}" for share in found)


def _certainty(card: Scorecard) -> Iterator[str]:
    """Yield how often the section is right when the least sure ones are left to people."""
    yield "når de minst sikre overlates til et menneske:"
    for share in ABSTAINED_SHARES:
        yield f"  {share:4.0%} overlatt: riktig seksjon i resten {_share(card.lead_at(share))}"


def _sections(card: Scorecard) -> Iterator[str]:
    """Yield how precise and how complete each section is, and what it was taken for."""
    yield f"{'seksjon':24}{'saker':>6}  {'presisjon':18}{'dekning':18}"
    for section in card.sections():
        recall, precision = card.recall(section), card.precision(section)
        yield f"{section:24}{recall.total:6}  {_short(precision):18}{_short(recall):18}".rstrip()


def _confusion(card: Scorecard) -> Iterator[str]:
    """Yield what was taken for what, the commonest first."""
    yield "tatt for noe annet:"
    for section in card.sections():
        taken = card.confusion.get(section)
        if taken:
            found = ", ".join(f"{name} {count}" for name, count in _largest_first(taken.items()))
            yield f"  {section}: {found}"


def _largest_first(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts, key=lambda one: (-one[1], one[0]))


def _share(share: Share) -> str:
    return f"{_short(share):18} {share.hits} av {share.total}"


def _short(share: Share) -> str:
    if not share.total:
        return "ingen"
    low, high = share.interval
    return f"{share.value:.2f} ({low:.2f}–{high:.2f})"
