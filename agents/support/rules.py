"""The rules by which the offline model reads a ticket: good enough to try the flow, no claim of intelligence."""

import json
import re
from typing import Any

from agents.model import Prompt
from agents.offline import Rules
from agents.support.customers import Data, Detail
from agents.support.reading import READ_TICKET, Bounds, Intent, Reading
from agents.suspicion import strange

_REFUND = (
    r"refund|money back|reimburse|charged twice|rückerstatt|erstatt|geld zurück|rembours|reembols|استرداد|استرجاع|إرجاع"
)
_DELETE = r"\b(delete|erase|remove)\b.{0,60}\b(my|all)\b|lösch|supprim|right to be forgotten|gdpr|احذف|حذف|مسح"
_CHANGE = r"\b(change|update|correct|new)\b.{0,80}\b(e-?mail|phone|number|address|name)\b|moved to|تغيير|تحديث"
_THREAT = r"\bpress\b|newspaper|chargeback|police"
_BOUNDS: tuple[tuple[Bounds, str], ...] = (
    ("legal_advice", r"legal advice|\bsue\b|lawsuit|lawyer|attorney|liab(le|ility)|court|rechtsanwalt|قانون"),
    ("medical_recommendation", r"medical|doctor|dosage|medicine|medication|allerg|symptom|treatment"),
    ("hiring_decision", r"job application|my application|hire me|applicant|candidate for|vacancy"),
)
_FIELDS: tuple[tuple[Detail, str], ...] = (
    ("email", r"e-?mail|بريد"),
    ("phone", r"phone|mobile|telephone|هاتف"),
    ("name", r"\bname\b|الاسم"),
    ("address", r"address|moved|عنوان"),
)
_NEW_VALUE = {
    "email": r"\bto:?\s+<?([\w.+'-]+@[\w-]+(?:\.[\w-]+)+)",
    "phone": r"(?:\bto|is):?\s+(\+?[\d][\d ()/-]{5,20}\d)",
    "name": r"\bto:?\s+([A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+){0,3})",
    "address": r"(?:\bto|is):?\s+(\d+[^\n]{5,120}|[^\n]{3,80}\d[^\n]{0,60})",
}
_CURRENCIES = {
    "$": "USD",
    "usd": "USD",
    "dollars": "USD",
    "dollar": "USD",
    "دولار": "USD",
    "£": "GBP",
    "gbp": "GBP",
    "pounds": "GBP",
    "€": "EUR",
    "eur": "EUR",
    "euros": "EUR",
    "euro": "EUR",
    "يورو": "EUR",
    "aed": "AED",
    "درهم": "AED",
    "sar": "SAR",
    "ريال": "SAR",
}
_NAMES = "|".join(sorted((re.escape(name) for name in _CURRENCIES), key=len, reverse=True))
_NUMBER = r"\d[\d.,٬٫]*\d|\d"
_AMOUNT = re.compile(rf"({_NAMES})\s?({_NUMBER})|({_NUMBER})\s?({_NAMES})", re.IGNORECASE)


def offline_rules() -> Rules:
    """The rules for all prompts of this agent, by the prompts' names."""
    return {READ_TICKET.name: read}


def read(prompt: Prompt) -> Reading:
    """How the rules understand a ticket."""
    data = json.loads(prompt.data)
    text = _own_words(data["ticket"])
    bounds = next((bounds for bounds, words in _BOUNDS if _has(words, text)), None)
    intent = _intent(text, bounds, data["articles"])
    amount, currency = _money(text) if intent == "refund" else (None, None)
    field = _field(text) if intent == "record_change" else None
    return Reading(
        intent=intent,
        summary=_SUMMARIES[intent].format(bounds=_IN_WORDS.get(bounds, "")),
        quote=_quote(text),
        language=_language(text),
        urgency="high" if _has(r"urgent|immediately|asap|عاجل|dringend", text) else "normal",
        confidence=0.9 if intent != "escalate" else 0.4,
        suspicious=strange((data["ticket"], *data["attachments"])),
        order=_order(text, data["orders"]),
        amount=amount,
        currency=currency,
        field=field,
        new_value=_new_value(field, text) if field else None,
        delete=_data(text) if intent == "deletion" else None,
        bounds=bounds if intent == "out_of_bounds" else None,
        reply_text=_letter(data) if intent == "reply" else None,
    )


_SUMMARIES: dict[Intent, str] = {
    "refund": "The customer wants money back for an order.",
    "record_change": "The customer wants their record changed.",
    "deletion": "The customer wants their data deleted.",
    "out_of_bounds": "The customer asks for {bounds}.",
    "reply": "A question that the help centre answers.",
    "escalate": "None of the rules fits this ticket.",
}


_IN_WORDS: dict[Bounds | None, str] = {
    "legal_advice": "legal advice",
    "medical_recommendation": "a medical recommendation",
    "hiring_decision": "a decision on an application",
}


def _intent(text: str, bounds: Bounds | None, articles: list[Any]) -> Intent:
    if bounds:
        return "out_of_bounds"
    if _has(_THREAT, text):
        return "escalate"
    if _has(_REFUND, text):
        return "refund"
    if _has(_DELETE, text):
        return "deletion"
    if _has(_CHANGE, text):
        return "record_change"
    return "reply" if articles else "escalate"


def _own_words(text: str) -> str:
    """The ticket without quoted older mails."""
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))


def _has(words: str, text: str) -> bool:
    return re.search(words, text, re.IGNORECASE | re.DOTALL) is not None


def _quote(text: str) -> str:
    pieces = re.split(r"(?<=[.!?؟])\s+|\n\s*\n|,\s*\n", text)
    sentences = [" ".join(piece.split()) for piece in pieces if piece.strip()]
    words = "|".join([_REFUND, _DELETE, _CHANGE, *(words for _, words in _BOUNDS)])
    telling = next((sentence for sentence in sentences if _has(words, sentence) and len(sentence) > 10), None)
    return (telling or max(sentences, key=len, default=""))[:300]


def _language(text: str) -> str:
    if re.search(r"[\u0600-\u06ff]", text):
        return "ar"
    return "de" if _has(r"\b(und|ich|nicht|bitte)\b", text) else "en"


def _money(text: str) -> tuple[str | None, str | None]:
    found = _AMOUNT.search(text)
    if not found:
        return None, None
    number, name = found[2] or found[3], (found[1] or found[4]).lower()
    digits = "".join(str(int(character)) if character.isdecimal() else character for character in number)
    return digits.replace("٬", "").replace("٫", "."), _CURRENCIES[name]


def _order(text: str, orders: list[Any]) -> str | None:
    named = re.search(r"\b[A-Z]-\d{3,8}\b", text)
    if named:
        return named[0]
    return str(orders[0]["id"]) if len(orders) == 1 else None


def _field(text: str) -> Detail | None:
    return next((field for field, words in _FIELDS if _has(words, text)), None)


def _new_value(field: Detail, text: str) -> str | None:
    found = re.search(_NEW_VALUE[field], text, re.IGNORECASE if field != "name" else 0)
    return found[1].strip(" .,;") if found else None


def _data(text: str) -> Data:
    if _has(r"marketing|newsletter|profile|advert", text):
        return "marketing_profile"
    return "order_history" if _has(r"order history|past orders|orders", text) else "account"


def _letter(data: dict[str, Any]) -> str:
    name = (data["customer"] or {}).get("name") or ""
    greeting = f"Hello {name}," if name else "Hello,"
    return f"{greeting}\n\nthank you for your message. {data['articles'][0]['text']}\n\nKind regards\nThe support team"
