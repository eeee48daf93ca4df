"""Words that a sender writes alone in a message to stop, or start again, what we send them."""

from __future__ import annotations

from rapport.text.fold import fold

#: Folded, those that carriers and gateways know everywhere: they say nothing of the language of who writes them.
CARRIERS_WORDS = frozenset({"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"})
#: And those that our answers name, and what people write for it.
STOP_WORDS = CARRIERS_WORDS | frozenset({
    "arret", "aret", "arreter", "arretez", "stopper", "desabonner", "desinscrire",
    "rete", "kanpe", "sispann", "sispan",
    "alto", "parar", "baja", "cancelar",
})  # fmt: skip
START_WORDS = frozenset({
    "start", "unstop", "subscribe", "resume",
    "debut", "commencer", "reprendre", "recommencer",
    "komanse", "rekomanse", "koumanse",
    "empezar", "reanudar",
})  # fmt: skip
_LONGEST = 40  # characters: more cannot be one of the words alone


def is_stop(text: str) -> bool:
    """Whether the message says nothing but that no more messages are wanted: `STOP`, `Arrêt!`, `rete rete`."""
    return _alone(text, STOP_WORDS)


def is_carriers_word(text: str) -> bool:
    """Whether the message is nothing but a word that says the same in every language: `STOP`."""
    return _alone(text, CARRIERS_WORDS)


def names_stop(text: str) -> bool:
    """Whether a text of ours says by which word its messages end."""
    return any(word in STOP_WORDS for word in fold(text).split())


def is_start(text: str) -> bool:
    """Whether the message says nothing but that messages are wanted again."""
    return _alone(text, START_WORDS)


def _alone(text: str, words: frozenset[str]) -> bool:
    if len(text) > _LONGEST:
        return False
    folded = fold(text)
    return folded in words or (" " in folded and len(said := set(folded.split())) == 1 and said <= words)
