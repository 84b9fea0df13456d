"""What people at a host are told about a restart, in the language of its Windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.model.preflight import Language


@dataclass(frozen=True)
class Notices:
    """The texts of a language; none is longer than msg.exe shows (255 characters).

    Attributes:
        waiting: That the restart waits for them.
        at_most: The same with an end, in so many `{minutes}`.
        coming: That it comes in so many `{minutes}`.
    """

    waiting: str
    at_most: str
    coming: str


_ENGLISH: Final = Notices(
    waiting="This computer has to restart. Please save your work and log off: it restarts when nobody is logged on.",
    at_most="This computer has to restart. Please save your work and log off: it restarts when nobody is logged on, "
    "and in {minutes} minutes at the latest.",
    coming="This computer restarts in {minutes} minutes. Please save your work.",
)
_BY_LANGUAGE: Final[Mapping[str, Notices]] = {
    "de": Notices(
        waiting="Dieser Computer muss neu gestartet werden. Bitte speichern Sie Ihre Arbeit und melden Sie sich ab: Er "
        "startet neu, sobald niemand mehr angemeldet ist.",
        at_most="Dieser Computer muss neu gestartet werden. Bitte speichern Sie Ihre Arbeit und melden Sie sich ab: Er "
        "startet neu, sobald niemand mehr angemeldet ist, spätestens in {minutes} Minuten.",
        coming="Dieser Computer wird in {minutes} Minuten neu gestartet. Bitte speichern Sie Ihre Arbeit.",
    ),
    "fr": Notices(
        waiting="Cet ordinateur doit redémarrer. Veuillez enregistrer votre travail et fermer votre session : il "
        "redémarrera dès que plus aucune session ne sera ouverte.",
        at_most="Cet ordinateur doit redémarrer. Veuillez enregistrer votre travail et fermer votre session : il "
        "redémarrera dès que plus aucune session ne sera ouverte, au plus tard dans {minutes} minutes.",
        coming="Cet ordinateur va redémarrer dans {minutes} minutes. Veuillez enregistrer votre travail.",
    ),
    "ja": Notices(
        waiting="このコンピューターは再起動する必要があります。作業内容を保存してログオフしてください。"
        "ログオンしているユーザーがいなくなると再起動します。",
        at_most="このコンピューターは再起動する必要があります。作業内容を保存してログオフしてください。"
        "ログオンしているユーザーがいなくなると再起動します。"
        "遅くとも {minutes} 分後には再起動します。",
        coming="このコンピューターは {minutes} 分後に再起動します。作業内容を保存してください。",
    ),
    "ko": Notices(
        waiting="이 컴퓨터를 다시 시작해야 합니다. 작업을 저장하고 로그오프하십시오. "
        "로그온한 사용자가 없으면 다시 시작합니다.",
        at_most="이 컴퓨터를 다시 시작해야 합니다. 작업을 저장하고 로그오프하십시오. "
        "로그온한 사용자가 없으면, 늦어도 {minutes}분 뒤에는 다시 시작합니다.",
        coming="이 컴퓨터가 {minutes}분 뒤에 다시 시작됩니다. 작업을 저장하십시오.",
    ),
}


def notices(language: Language) -> Notices:
    """The texts for a host: of the one language of its windows, or else of the one it was set up in; else English."""
    shown = language.interface[0] if len(language.interface) == 1 else language.installed
    return _BY_LANGUAGE.get((shown or "").partition("-")[0].lower(), _ENGLISH)
